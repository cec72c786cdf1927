import { isIPv6 } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { maskAddress } from './ip-mask.js';

describe('an address cut to a prefix', () => {
  it.each([
    ['192.168.17.9', 24, 64, '192.168.17.0'],
    ['192.168.17.9', 20, 64, '192.168.16.0'],
    ['192.168.17.9', 32, 64, '192.168.17.9'],
    ['255.255.255.255', 1, 64, '128.0.0.0'],
    ['2001:db8::1', 32, 64, '2001:db8:0:0:0:0:0:0'],
    ['2001:DB8:0:FFFF::', 32, 49, '2001:db8:0:8000:0:0:0:0'],
    ['fe80::1%eth0', 32, 128, 'fe80:0:0:0:0:0:0:1'],
    ['::', 32, 64, '0:0:0:0:0:0:0:0'],
    ['::ffff:10.9.8.7', 16, 64, '10.9.0.0'],
    ['64:ff9b::10.9.8.7', 32, 128, '64:ff9b:0:0:0:0:a09:807'],
  ])('%s with /%i and /%i is %s', (address, bits4, bits6, expected) => {
    expect(maskAddress(address, bits4, bits6)).toBe(expected);
  });

  it.each([
    '',
    'localhost',
    '1.2.3',
    '1.2.3.256',
    '1.2.3.4.5',
    '::1::',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    'g::',
    '12345::',
  ])('%j is none', (address) => {
    expect(maskAddress(address, 24, 64)).toBeUndefined();
  });

  it('reads every IPv6 address that the system reads, and gives one text for all of its spellings', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        expect(isIPv6(address)).toBe(true);
        const canonical = maskAddress(address, 32, 128);
        expect(canonical).toBeDefined();
        expect(maskAddress(canonical ?? '', 32, 128)).toBe(canonical);
        expect(maskAddress(address.toUpperCase(), 32, 128)).toBe(canonical);
      }),
    );
  });
});
