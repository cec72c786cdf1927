import { isLoopbackAddress, networkMatcher, networkOf, parseNetwork, plainAddress } from './networks.js';

describe('networks', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.255.0.9', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['128.0.0.1', false],
    ['::ffff:10.0.0.1', false],
    ['localhost', false],
    ['', false],
  ])('tell whether %s is loopback: %s', (address, expected) => expect(isLoopbackAddress(address)).toBe(expected));

  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:DB8:0:1:ffff::b', '2001:db8:0:1'],
    ['2001:db8::b', '2001:db8:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::1', '0:0:0:0'],
    ['64:ff9b::192.0.2.7', '64:ff9b:0:0'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4'],
    ['', ''],
  ])('tell whose %j is: %s', (address, network) => expect(networkOf(address)).toBe(network));

  it.each([
    '',
    'a',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '::1/129',
    '10.0.0.0/8/8',
    'fe80::1%eth0/64',
    '10.0.0/8',
    '1.2.3.4/1e1',
  ])('refuse %j as a range', (text) => expect(parseNetwork(text)).toBeUndefined());

  it('match peers as dual-stack sockets report them', () => {
    const matches = networkMatcher(['10.0.0.0/8', '::1/128', '192.0.2.7']);
    expect(['10.1.2.3', '::ffff:10.1.2.3', '::1', '192.0.2.7'].map(matches)).toEqual([true, true, true, true]);
    expect(['11.0.0.1', '192.0.2.8', '::2', 'nonsense', ''].map(matches)).toEqual([false, false, false, false, false]);
  });

  it('drop the zone of a link-local peer', () => expect(plainAddress('fe80::1%eth0')).toBe('fe80::1'));
});
