// Slow start in the table: eligibility of a newcomer for each of its own keys, and nothing else.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ClaimRows } from './claim-rows.js';
import { ClaimTable } from './claims.js';
import { compileTable, type InFlight, type RoutingTable, type Target } from './table.js';
import { type TestInstance, testRecipe, testSnapshot } from './testing/snapshots.js';

const OLD = ['A', 'B', 'C'];
const idle = () => 0;
const room = () => false;
const algorithm = fc.constantFrom('hrw' as const, 'frt' as const, 'ketama' as const, 'maglev' as const);
type Placing = 'hrw' | 'frt' | 'ketama' | 'maglev';

function tableOf(replicas: readonly TestInstance[], by: Placing = 'hrw', loadFactor = 1.5): RoutingTable {
  const snapshot = testSnapshot(replicas, { recipe: testRecipe({ algorithm: by, slots: 4096 }), loadFactor });
  return compileTable(snapshot, new ClaimRows(ClaimTable.create(1, 64)).apply(snapshot.instances));
}
const old: readonly TestInstance[] = OLD.map((replica) => ({ replica }));
const withNewcomer = (ramp: number | undefined, by: Placing = 'hrw') => tableOf([...old, { replica: 'N', ramp }], by);
const chosen = (table: RoutingTable, key: string, inFlight: InFlight = idle, tried: readonly Target[] = []) =>
  table.pick(table.hash(key), inFlight, tried)?.instance.replica;

/** Requests in flight by name. */
const load = (table: RoutingTable, counts: Partial<Record<string, number>>): InFlight => {
  const byRow = new Map(table.targets.map(({ ref, instance }) => [ref.row, counts[instance.replica] ?? 0]));
  return (row) => byRow.get(row) ?? 0;
};

describe('a newcomer in its slow start (TRAPS 24)', () => {
  const ramps = fc.tuple(
    fc.double({ min: 0.01, max: 0.99, noNaN: true }),
    fc.double({ min: 0.01, max: 1, noNaN: true }),
  );

  it('takes a key or leaves it where it was before: no other key moves, none to a third replica', () => {
    const table = Object.fromEntries(
      (['hrw', 'ketama', 'frt'] as const).map((by) => [
        by,
        [tableOf(old, by), withNewcomer(0.4, by), withNewcomer(1, by)],
      ]),
    );
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('hrw', 'ketama', 'frt'), (key, by) => {
        const [before, during, after] = table[by].map((each) => chosen(each, key));
        expect([before, 'N']).toContain(during);
        if (during === 'N') expect(after).toBe('N');
        if (after !== 'N') expect(during).toBe(before);
      }),
      { numRuns: 1000 },
    );
  });

  it('keeps a key that it has taken while its ramp rises', () => {
    fc.assert(
      fc.property(fc.string(), ramps, algorithm, (key, [one, other], by) => {
        const [low, high] = [Math.min(one, other), Math.max(one, other)];
        if (chosen(withNewcomer(low, by), key) === 'N') expect(chosen(withNewcomer(high, by), key)).toBe('N');
      }),
      { numRuns: 200 },
    );
  });

  it.each([0.05, 0.35, 0.8])('takes %d of what it will own', (ramp) => {
    const [during, after] = [withNewcomer(ramp), withNewcomer(undefined)];
    let [taken, own] = [0, 0];
    for (let i = 0; i < 40_000; i++) {
      if (chosen(after, `key ${i}`) === 'N') own++;
      if (chosen(during, `key ${i}`) === 'N') taken++;
    }
    // Some 10,000 keys: three standard deviations are below 0.015.
    expect(taken / own).toBeCloseTo(ramp, 1);
    expect(Math.abs(taken / own - ramp)).toBeLessThan(0.02);
  });

  it('changes neither ring nor digest nor any key’s order', () => {
    const [during, after] = [withNewcomer(0.3), withNewcomer(undefined)];
    expect(during.digest).toBe(after.digest);
    fc.assert(
      fc.property(fc.string(), (key) => {
        const names = (table: RoutingTable) => table.rank(table.hash(key), idle, room).map(({ name }) => name);
        expect(names(during)).toEqual(names(after));
      }),
    );
  });

  it('takes every key when nobody else is there, and is there for a request that has tried all others', () => {
    const alone = tableOf([
      ...OLD.map((replica) => ({ replica, state: 'unready' as const })),
      { replica: 'N', ramp: 0.05 },
    ]);
    const among = withNewcomer(0.05);
    const others = among.targets.filter(({ instance }) => instance.replica !== 'N');
    fc.assert(
      fc.property(fc.string(), (key) => {
        expect(chosen(alone, key)).toBe('N');
        expect(chosen(among, key, idle, others)).toBe('N');
        expect(chosen(among, key, idle, among.targets)).toBeUndefined();
      }),
    );
  });

  it('shares the keys among newcomers as the ring does when all others are gone', () => {
    const replicas = [
      ...old.map((one) => ({ ...one, state: 'unready' as const })),
      { replica: 'N', ramp: 0.1 },
      { replica: 'O', ramp: 0.1 },
    ];
    const whole = tableOf([
      ...old.map((one) => ({ ...one, state: 'unready' as const })),
      { replica: 'N' },
      { replica: 'O' },
    ]);
    fc.assert(
      fc.property(fc.string(), (key) => {
        const got = chosen(tableOf(replicas), key);
        expect(['N', 'O']).toContain(got);
        const [first] = whole.rank(whole.hash(key), idle, room).filter(({ standing }) => standing === 'ready');
        expect(got).toBe(first.name);
      }),
    );
  });

  it('counts in the bound with the part that it takes: the load of the others is theirs, and no key leaves them for it', () => {
    const table = withNewcomer(0.05);
    // A fair part of 300 requests on three is 100: with four in the sum the bound of 1.5 would already be 113.
    const bounds = table.rank(1, load(table, { A: 100, B: 100, C: 100, N: 2 }), room);
    for (const { name, bound } of bounds) expect(bound).toBe(name === 'N' ? 8 : 150);
  });

  it('is given a key that is not its own turn only when all others are over their bounds (TRAPS 18)', () => {
    const table = tableOf([{ replica: 'A' }, { replica: 'N', ramp: 0.9 }]);
    const key = Array.from({ length: 1000 }, (_, i) => `key ${i}`).find((each) => chosen(table, each) === 'A')!;
    expect(chosen(table, key, load(table, { A: 80, N: 20 }))).toBe('N');
    expect(chosen(table, key, load(table, { A: 70, N: 40 }))).toBe('A');
  });
});

describe('the ranking while somebody starts slowly', () => {
  const counts = fc.array(fc.nat(60), { minLength: 4, maxLength: 4 });
  const states = fc.dictionary(fc.constantFrom(...OLD), fc.constantFrom('unready' as const, 'draining' as const));

  it('tells of each key whom a request really gets: the first that is ready', () => {
    fc.assert(
      fc.property(
        fc.string(),
        states,
        counts,
        fc.constantFrom(0.05, 0.5, 0.95),
        fc.constantFrom(0, 1.1, 1.5),
        (key, ejected, flying, ramp, factor) => {
          const replicas = [...OLD.map((replica) => ({ replica, state: ejected[replica] })), { replica: 'N', ramp }];
          const table = tableOf(replicas, 'hrw', factor);
          const inFlight = (row: number) => flying[row % 4];
          const first = table.rank(table.hash(key), inFlight, room).find(({ standing }) => standing === 'ready');
          expect(first?.name).toBe(chosen(table, key, inFlight));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('says who stands back, and how far its ramp is', () => {
    const [during, after] = [withNewcomer(0.2), withNewcomer(undefined)];
    const key = Array.from({ length: 1000 }, (_, i) => `key ${i}`).find(
      (each) => chosen(after, each) === 'N' && chosen(during, each) !== 'N',
    )!;
    const [first, second] = during.rank(during.hash(key), idle, room);
    expect(first).toMatchObject({ name: 'N', standing: 'ramping', ramp: 0.2 });
    expect(second).toMatchObject({ name: chosen(during, key), standing: 'ready', ramp: 1 });
  });
});
