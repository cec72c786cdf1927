import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ClaimRows } from './claim-rows.js';
import { ClaimTable } from './claims.js';
import type { Snapshot } from './link/messages.js';
import { compileTable, type InFlight, type RoutingTable, type Target, unmoved } from './table.js';
import { type TestInstance, testRecipe, testSnapshot } from './testing/snapshots.js';

const NAMES = ['A', 'B', 'C', 'D'];
const idle = () => 0;
const room = () => false;

function tableOf(replicas: readonly TestInstance[], changes: Partial<Snapshot> = {}): RoutingTable {
  const snapshot = testSnapshot(replicas, changes);
  return compileTable(snapshot, new ClaimRows(ClaimTable.create(1, 64)).apply(snapshot.instances));
}
const ring = (changes: Partial<Snapshot> = {}, states: Partial<Record<string, TestInstance['state']>> = {}) =>
  tableOf(
    NAMES.map((replica) => ({ replica, state: states[replica] })),
    changes,
  );

/** The replicas in the order in which a request would try them. */
function walk(table: RoutingTable, key: string, inFlight: InFlight = idle): string[] {
  const tried: Target[] = [];
  for (;;) {
    const target = table.pick(table.hash(key), inFlight, tried);
    if (!target) return tried.map(({ instance }) => instance.replica);
    tried.push(target);
  }
}

describe('the candidates of a key', () => {
  it('are every ready replica once, in the same order each time', () => {
    fc.assert(
      fc.property(fc.string(), (key) => {
        const order = walk(ring(), key);
        expect([...order].sort()).toEqual(NAMES);
        expect(walk(ring(), key)).toEqual(order);
      }),
    );
  });

  it.each(['unready', 'draining'] as const)('leave out who is %s and change in nothing else', (state) => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(...NAMES), (key, name) => {
        const whole = walk(ring(), key);
        expect(walk(ring({}, { [name]: state }), key)).toEqual(whole.filter((other) => other !== name));
      }),
    );
  });

  it('are the serving instance where another one of the replica drains', () => {
    const table = tableOf([
      { replica: 'A', id: 'old', state: 'draining' },
      { replica: 'A', id: 'new' },
    ]);
    expect(table.pick(1, idle, [])?.instance.id).toBe('new');
  });

  it('are none on an empty ring, or when nobody is ready', () => {
    expect(walk(tableOf([]), 'k')).toEqual([]);
    expect(walk(ring({}, { A: 'unready', B: 'unready', C: 'draining', D: 'unready' }), 'k')).toEqual([]);
  });

  it('leave out an instance that found no row in the claim table', () => {
    const snapshot = testSnapshot(NAMES.map((replica) => ({ replica })));
    const rows = new ClaimRows(ClaimTable.create(1, 2)).apply(snapshot.instances);
    expect(walk(compileTable(snapshot, rows), 'k').sort()).toEqual(['A', 'B']);
  });
});

describe('bounded load', () => {
  /** Requests in flight by name. */
  const load = (table: RoutingTable, counts: Partial<Record<string, number>>) => {
    const byRow = new Map(table.targets.map(({ ref, instance }) => [ref.row, counts[instance.replica] ?? 0]));
    return (row: number) => byRow.get(row) ?? 0;
  };
  const key = 'some key';

  it('leaves the owner its key below eight in flight, however idle the others are', () => {
    const table = ring();
    const [owner] = walk(table, key);
    expect(table.pick(table.hash(key), load(table, { [owner]: 7 }), [])?.instance.replica).toBe(owner);
  });

  it('moves a key to the next candidate while its owner is over the bound', () => {
    const table = ring();
    const [owner, second] = walk(table, key);
    expect(table.pick(table.hash(key), load(table, { [owner]: 8 }), [])?.instance.replica).toBe(second);
    // 1.5 of a fair part of 4 × 20 in flight is 31.
    const busy = { A: 20, B: 20, C: 20, D: 20 };
    expect(table.pick(table.hash(key), load(table, { ...busy, [owner]: 30 }), [])?.instance.replica).toBe(owner);
    expect(table.pick(table.hash(key), load(table, { ...busy, [owner]: 40 }), [])?.instance.replica).toBe(second);
  });

  it('is off with a factor of 0', () => {
    const table = ring({ loadFactor: 0 });
    const [owner] = walk(table, key);
    expect(table.pick(table.hash(key), load(table, { [owner]: 5000 }), [])?.instance.replica).toBe(owner);
  });

  it('counts the weight of the eligible only: with three of four ejected the last one takes all (TRAPS 18)', () => {
    const table = ring({}, { B: 'unready', C: 'unready', D: 'unready' });
    expect(table.pick(table.hash(key), load(table, { A: 1000 }), [])?.instance.replica).toBe('A');
  });

  it('never refuses: with all over their bounds the first in the key’s order gets it (TRAPS 18)', () => {
    const table = ring({ loadFactor: 1.1 }, {});
    const over = () => 1e6;
    fc.assert(
      fc.property(fc.string(), (any) => {
        expect(table.pick(table.hash(any), over, [])?.instance.replica).toBe(walk(table, any)[0]);
      }),
    );
  });

  it('never makes a request homeless while somebody is ready and untried (TRAPS 18)', () => {
    const counts = fc.record({ A: fc.nat(100), B: fc.nat(100), C: fc.nat(100), D: fc.nat(100) });
    const states = fc.dictionary(fc.constantFrom(...NAMES), fc.constantFrom('unready' as const, 'draining' as const));
    fc.assert(
      fc.property(fc.string(), counts, states, (any, inFlight, ejected) => {
        const table = ring({}, ejected);
        const ready = NAMES.filter((name) => ejected[name] === undefined);
        expect(walk(table, any, load(table, inFlight)).sort()).toEqual(ready);
      }),
    );
  });
});

describe('the ranking that operators are shown', () => {
  const states = fc.dictionary(fc.constantFrom(...NAMES), fc.constantFrom('unready' as const, 'draining' as const));
  const counts = fc.array(fc.nat(40), { minLength: 4, maxLength: 4 });
  const factor = fc.constantFrom(0, 1.1, 1.5, 4);

  it('tells of each key whom a request really gets: the first that is ready, past those at their limits', () => {
    fc.assert(
      fc.property(fc.string(), states, counts, factor, fc.nat(15), (any, ejected, inFlight, loadFactor, full) => {
        const table = ring({ loadFactor }, ejected);
        const load = (row: number) => inFlight[row % 4];
        const isFull = (row: number) => ((full >> (row % 4)) & 1) === 1;
        const ranked = table.rank(table.hash(any), load, isFull);
        const chosen = ranked.find(({ standing }) => standing === 'ready');
        const refused = table.targets.filter(({ ref }) => isFull(ref.row));
        expect(chosen?.name).toBe(table.pick(table.hash(any), load, refused)?.instance.replica);
        const names = ranked.filter(({ standing }) => standing === 'full').map(({ name }) => name);
        expect(names.sort()).toEqual(refused.map(({ instance }) => instance.replica).sort());
      }),
    );
  });

  it('holds every member once, in the order in which requests try them, whoever is ready', () => {
    fc.assert(
      fc.property(fc.string(), states, (any, ejected) => {
        const order = walk(ring(), any);
        const table = ring({}, ejected);
        const ranked = table.rank(table.hash(any), idle, room);
        expect(ranked.map(({ name }) => name)).toEqual(order);
        for (const { name, standing } of ranked) expect(standing).toBe(ejected[name] ? 'absent' : 'ready');
      }),
    );
  });

  it('tells who is over its bound, what the bound is, and how many are in flight', () => {
    const table = ring();
    const [owner, second] = walk(table, 'k');
    const ownerRow = table.targets.find(({ instance }) => instance.replica === owner)?.ref.row;
    const ranked = table.rank(table.hash('k'), (row) => (row === ownerRow ? 9 : 0), room);
    expect(ranked.slice(0, 2)).toEqual([
      { name: owner, standing: 'over_bound', inFlight: 9, bound: 8, ramp: 1 },
      { name: second, standing: 'ready', inFlight: 0, bound: 8, ramp: 1 },
    ]);
  });

  it('knows the slot of algorithms that have a table', () => {
    expect(ring().slotOf(70_000)).toBeNull();
    expect(ring({ recipe: testRecipe({ algorithm: 'frt' }) }).slotOf(70_000)).toBe(70_000 - 65_536);
  });
});

describe('the digest (TRAPS 23)', () => {
  const base = ring().digest;

  it.each([
    ['members', tableOf([...NAMES, 'E'].map((replica) => ({ replica }))).digest],
    ['weights', tableOf(NAMES.map((replica) => ({ replica, weight: replica === 'A' ? 2 : 1 }))).digest],
    ['algorithm', ring({ recipe: testRecipe({ algorithm: 'ketama' }) }).digest],
    ['seed', ring({ seed: 'fedcba9876543210' }).digest],
    ['key chain', ring({ hashKey: 'path,random' }).digest],
  ])('differs with the %s', (_what, digest) => {
    expect(digest).not.toBe(base);
  });

  it('is the same for another order of members, other states, other spelling of the chain, another epoch and bound', () => {
    const other = tableOf(
      [...NAMES].reverse().map((replica) => ({ replica, state: 'unready' })),
      { epoch: 7, hashKey: ' header:X-Hash-Key , random', loadFactor: 0, seed: '0123456789ABCDEF' },
    );
    expect(other.digest).toBe(base);
  });

  it('never shows the seed', () => {
    expect(JSON.stringify(base)).not.toContain('0123456789abcdef');
  });
});

describe('connections that are good for a table', () => {
  const at = (port: number, id = 'a1'): TestInstance => ({ replica: 'A', id, port });

  it('are those to all of its instances, but for those that have moved since the table before', () => {
    const before = tableOf([at(1), at(2, 'b1')]);
    const after = tableOf([at(1), at(3, 'b1'), at(2, 'c1')]);
    expect([...unmoved(before, undefined)]).toEqual(['a1', 'b1']);
    expect([...unmoved(after, before)]).toEqual(['a1', 'c1']);
    const elsewhere = tableOf([{ ...at(1), host: '127.0.0.2' }]);
    expect([...unmoved(elsewhere, before)]).toEqual([]);
  });
});
