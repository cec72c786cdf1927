// How often a token may be guessed, by the clock: from one address, from many, and by what only asks on and on.
import { GuessLimit, MOST_GUESSES } from './guess-limit.js';

let now: number;
let limit: GuessLimit;
beforeEach(() => {
  now = 5000;
  limit = new GuessLimit(() => now);
});
const guess = (peer: string, times = MOST_GUESSES) => {
  for (let i = 0; i < times; i++) limit.wrong(peer, `wrong-${i}`);
};

it('ten different wrong tokens within a minute make a client wait until that minute is over', () => {
  guess('192.0.2.7', MOST_GUESSES - 1);
  expect(limit.waitSeconds('192.0.2.7')).toBe(0);
  now += 17_500;
  limit.wrong('192.0.2.7', 'another');
  expect(limit.waitSeconds('192.0.2.7')).toBe(43);
  now += 42_499;
  expect(limit.waitSeconds('192.0.2.7')).toBe(1);
  now += 1;
  expect(limit.waitSeconds('192.0.2.7')).toBe(0);
  limit.wrong('192.0.2.7', 'one more');
  expect(limit.waitSeconds('192.0.2.7')).toBe(0);
});

it('nobody waits for what came from another address', () => {
  guess('192.0.2.7');
  for (const peer of ['192.0.2.8', '::1', '2001:db8::1']) expect(limit.waitSeconds(peer)).toBe(0);
});

it('an IPv4 address is one however the socket writes it, and so are all IPv6 addresses of one network', () => {
  guess('::ffff:192.0.2.7');
  guess('2001:db8:0:1::a');
  expect(limit.waitSeconds('192.0.2.7')).toBeGreaterThan(0);
  expect(limit.waitSeconds('2001:db8:0:1:ffff::b')).toBeGreaterThan(0);
  expect(limit.waitSeconds('2001:db8:0:2::a')).toBe(0);
});

it('what asks on and on with one old token shuts nobody out', () => {
  for (let i = 0; i < 1000; i++) limit.wrong('127.0.0.1', 'the token of last year');
  expect(limit.waitSeconds('127.0.0.1')).toBe(0);
});

it('guesses from ever more addresses take a bounded memory, and the latest ones still wait', () => {
  for (let i = 0; i < 3000; i++) guess(`10.0.${i >> 8}.${i & 255}`);
  expect(limit.waitSeconds('10.0.0.0')).toBe(0);
  expect(limit.waitSeconds('10.0.11.183')).toBe(60);
});
