// Sessions of browsers: what a cookie is worth, for how long, and when it is worth nothing any more.
import { SESSION_MS, Sessions } from './sessions.js';

let now = 1_000_000;
let sessions: Sessions;
beforeEach(() => {
  sessions = new Sessions('shop', () => now);
});
const cookieOf = (field: string) => field.split(';')[0] ?? '';

it('a session lives for 12 hours, by its cookie alone', () => {
  const cookie = cookieOf(sessions.begin(false));
  expect(sessions.remaining(cookie)).toBe(SESSION_MS);
  now += SESSION_MS - 1;
  expect(sessions.remaining(cookie)).toBe(1);
  now += 1;
  expect(sessions.remaining(cookie)).toBe(0);
});

it('the cookie is out of reach for scripts and other sites, and goes over TLS alone where the page came by it', () => {
  expect(sessions.begin(false)).toMatch(
    /^hashflow-session-shop=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/,
  );
  expect(sessions.begin(true)).toMatch(/; Secure$/);
});

it('an ended session is worth nothing, though its cookie comes again', () => {
  const cookie = cookieOf(sessions.begin(false));
  const other = cookieOf(sessions.begin(false));
  expect(sessions.end(cookie, false)).toMatch(/^hashflow-session-shop=; .*Max-Age=0$/);
  expect(sessions.remaining(cookie)).toBe(0);
  expect(sessions.remaining(other)).toBe(SESSION_MS);
});

it.each([
  ['no cookie', undefined],
  ['an empty one', 'hashflow-session-shop='],
  ['one that was never given', `hashflow-session-shop=${'x'.repeat(43)}`],
  ['one of another pool', 'hashflow-session-other=x'],
])('%s is no session', (_what, cookies) => {
  sessions.begin(false);
  expect(sessions.remaining(cookies)).toBe(0);
});

it('is found among other cookies, and behind one of the same name that another program has set', () => {
  const cookie = cookieOf(sessions.begin(false));
  expect(sessions.remaining(`a=b; hashflow-session-shop=forged; ${cookie};c=d`)).toBe(SESSION_MS);
});

it('a pool of another name does not take it', () => {
  const cookie = cookieOf(sessions.begin(false));
  expect(new Sessions('other', () => now).remaining(cookie)).toBe(0);
});

it('of many the oldest make room, so that logging in again and again takes no memory', () => {
  const first = cookieOf(sessions.begin(false));
  for (let count = 0; count < 64; count++) sessions.begin(false);
  expect(sessions.remaining(first)).toBe(0);
});
