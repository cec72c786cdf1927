import { describe, expect, it } from '@jest/globals';
import { networkMatcher } from '../../config/networks.js';
import { clientAddress } from './client-address.js';

const trusts = networkMatcher(['10.0.0.0/8', '::1']);

describe('the client', () => {
  it.each([
    ['the peer, when it is no trusted proxy', '9.9.9.9', '1.2.3.4', '9.9.9.9'],
    ['the peer, when it names nobody', '10.0.0.1', undefined, '10.0.0.1'],
    ['whom a trusted proxy names', '10.0.0.1', '1.2.3.4', '1.2.3.4'],
    [
      'the last address that a trusted proxy saw, not what was written before it',
      '10.0.0.1',
      '6.6.6.6, 1.2.3.4, 10.0.0.2',
      '1.2.3.4',
    ],
    ['the first of the chain, when all of it is trusted', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['the last hop that is an address', '10.0.0.1', 'unknown, 10.0.0.2', '10.0.0.2'],
    ['an IPv6 address, without brackets and port', '::1', '[2001:db8::1]:443', '2001:db8::1'],
    ['an IPv4 address without its port', '10.0.0.1', '1.2.3.4:5678', '1.2.3.4'],
    ['the peer, when the field is empty', '10.0.0.1', '', '10.0.0.1'],
  ])('is %s', (_what, peer, forwardedFor, client) => {
    expect(clientAddress(peer, forwardedFor, trusts)).toBe(client);
  });
});
