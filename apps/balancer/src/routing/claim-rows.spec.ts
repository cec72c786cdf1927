import { describe, expect, it } from '@jest/globals';
import { ClaimRows } from './claim-rows.js';
import { ClaimTable, type RowRef } from './claims.js';
import { NO_OUTCOMES } from './link/messages.js';
import { testSnapshot, type TestInstance } from './testing/snapshots.js';

const instances = (...list: TestInstance[]) => testSnapshot(list).instances;
const rowOf = (rows: ReadonlyMap<string, RowRef>, id: string): RowRef => {
  const ref = rows.get(id);
  if (!ref) throw new Error(`no row for ${id}`);
  return ref;
};

describe('the rows of a snapshot', () => {
  it('are kept by instances that stay, whatever their state', () => {
    const rows = new ClaimRows(ClaimTable.create(1, 4));
    const first = rows.apply(instances({ replica: 'A' }, { replica: 'B' }));
    const second = rows.apply(instances({ replica: 'B', state: 'draining' }, { replica: 'C' }, { replica: 'A' }));
    expect([rowOf(second, 'A'), rowOf(second, 'B')]).toEqual([rowOf(first, 'A'), rowOf(first, 'B')]);
  });

  it('let only ready instances be claimed', () => {
    const claims = ClaimTable.create(1, 4);
    const rows = new ClaimRows(claims).apply(
      instances({ replica: 'A' }, { replica: 'B', state: 'unready' }, { replica: 'C', state: 'draining' }),
    );
    expect(['A', 'B', 'C'].map((id) => claims.claim(0, rowOf(rows, id)))).toEqual([true, false, false]);
  });

  it('refuse an instance that is no longer listed', () => {
    const claims = ClaimTable.create(1, 4);
    const rows = new ClaimRows(claims);
    const ref = rowOf(rows.apply(instances({ replica: 'A' })), 'A');
    rows.apply([]);
    expect(claims.claim(0, ref)).toBe(false);
  });

  it('go to another instance only once nothing of the former is in flight, and then with a higher generation', () => {
    const claims = ClaimTable.create(1, 1);
    const rows = new ClaimRows(claims);
    const former = rowOf(rows.apply(instances({ replica: 'A' })), 'A');
    claims.claim(0, former);
    expect(rows.apply(instances({ replica: 'B' })).has('B')).toBe(false);
    claims.release(0, former);
    const next = rowOf(rows.apply(instances({ replica: 'B' })), 'B');
    expect(next.row).toBe(former.row);
    expect(next.generation).toBeGreaterThan(former.generation);
  });

  it('wait for tunnels too', () => {
    const claims = ClaimTable.create(1, 1);
    const rows = new ClaimRows(claims);
    const ref = rowOf(rows.apply(instances({ replica: 'A' })), 'A');
    claims.claim(0, ref);
    claims.openTunnel(0, ref);
    rows.apply([]);
    expect(rows.apply(instances({ replica: 'B' })).has('B')).toBe(false);
  });

  it('tell what each instance carries, also of one that left with a request in flight', () => {
    const claims = ClaimTable.create(1, 2);
    const rows = new ClaimRows(claims);
    claims.claim(0, rowOf(rows.apply(instances({ replica: 'A' })), 'A'));
    rows.apply(instances({ replica: 'B' }));
    expect(rows.counters()).toEqual([
      { id: 'A', inFlight: 1, tunnels: 0, requests: 1, outcomes: NO_OUTCOMES },
      { id: 'B', inFlight: 0, tunnels: 0, requests: 0, outcomes: NO_OUTCOMES },
    ]);
  });

  it('tell which instances drain and what they still carry', () => {
    const claims = ClaimTable.create(1, 4);
    const rows = new ClaimRows(claims);
    const refs = rows.apply(instances({ replica: 'A' }, { replica: 'B' }));
    claims.claim(0, rowOf(refs, 'A'));
    rows.apply(instances({ replica: 'A', state: 'draining' }, { replica: 'B', state: 'draining' }));
    expect([...rows.draining()]).toEqual([
      { id: 'A', inFlight: 1 },
      { id: 'B', inFlight: 0 },
    ]);
  });
});
