import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ClientLimits } from './client-limits.js';

const unlimited = { maxConnections: 0, maxConnectionsPerAddress: 0, addressOf: (peer: string) => peer };

describe('the connections of clients', () => {
  it('never exceed a limit, and none is refused while there is room', () => {
    const act = fc.record({ peer: fc.constantFrom('a', 'b', 'c', 'proxy'), leaves: fc.boolean() });
    const limits = fc.record({ maxConnections: fc.nat(6), maxConnectionsPerAddress: fc.nat(3) });
    fc.assert(
      fc.property(limits, fc.array(act, { maxLength: 60 }), (some, acts) => {
        const { maxConnections, maxConnectionsPerAddress } = some;
        const clients = new ClientLimits({ ...some, addressOf: (peer) => (peer === 'proxy' ? undefined : peer) });
        const open: string[] = [];
        const of = (peer: string) => open.filter((one) => one === peer).length;
        for (const { peer, leaves } of acts) {
          if (leaves) {
            if (!open.includes(peer)) continue;
            open.splice(open.indexOf(peer), 1);
            clients.leave(peer);
            continue;
          }
          const room =
            (maxConnections === 0 || open.length < maxConnections) &&
            (maxConnectionsPerAddress === 0 || peer === 'proxy' || of(peer) < maxConnectionsPerAddress);
          expect(clients.admit(peer)).toBe(room);
          if (room) open.push(peer);
        }
      }),
    );
  });

  it('may be any number without limits', () => {
    const clients = new ClientLimits(unlimited);
    expect(Array.from({ length: 1000 }, () => clients.admit('a')).every(Boolean)).toBe(true);
  });
});
