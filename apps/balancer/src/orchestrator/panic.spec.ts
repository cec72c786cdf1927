import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ObservedInstance } from '../runtime/replica-runtime.js';
import type { InstanceRecord } from './loop/ledger.js';
import { failing, inputFor, instance, ready, retired, slot, untried, type World } from './testing/plan-world.js';
import { withPanic } from './panic.js';
import { plan } from './plan.js';

const ejectedFor = (cause: 'notice' | 'conduct'): Partial<InstanceRecord> => ({
  ...ready,
  ejected: { cause, at: 0, until: 500_000, reason: `ejected for ${cause}` },
});

function panicFor(world: World, threshold = 0.5) {
  const input = inputFor(world);
  const decision = withPanic(plan(input), input, threshold);
  return {
    ready: decision.routes.filter(({ state }) => state === 'ready').map(({ instance: { id } }) => id),
    panicked: [...decision.panicked],
    reasons: Object.fromEntries([...decision.phases].map(([name, { reason }]) => [name, reason])),
    states: Object.fromEntries([...decision.phases].map(([name, { state }]) => [name, state])),
  };
}

/** Replicas A, B, C … one for each record. */
function pool(records: readonly Partial<InstanceRecord>[], changes: Partial<World> = {}): World {
  const names = records.map((_, i) => String.fromCharCode(65 + i));
  return {
    desired: names.map((name) => slot(name)),
    seen: records.map((record, i) => [instance(`${names[i]}1`, names[i] ?? ''), record]),
    ...changes,
  };
}

describe('panic', () => {
  it.each<[string, Partial<InstanceRecord>[], string[]]>([
    ['with all of them well', [ready, ready, ready], ['A1', 'B1', 'C1']],
    ['with exactly half of them ready', [ready, failing], ['A1']],
    ['with two of three ready', [ready, ready, failing], ['A1', 'B1']],
    ['with nobody who could be tried', [ready, untried, untried], ['A1']],
  ])('is not %s', (_, records, expected) => {
    expect(panicFor(pool(records))).toMatchObject({ ready: expected, panicked: [] });
  });

  it('tries those that fail their probes or are ejected for their conduct (TRAPS 21)', () => {
    const { ready: tried, panicked } = panicFor(pool([ready, failing, ejectedFor('conduct')]));
    expect(tried).toEqual(['A1', 'B1', 'C1']);
    expect(panicked).toEqual(['B1', 'C1']);
  });

  it('tries the only replica there is', () => {
    expect(panicFor(pool([failing]))).toMatchObject({ ready: ['A1'], panicked: ['A1'] });
  });

  it('says so in the reason of each replica that is tried, whose state stays what it is', () => {
    expect(panicFor(pool([ready, failing, failing]))).toMatchObject({
      states: { A: 'ready', B: 'unready', C: 'unready' },
      reasons: {
        A: null,
        B: 'its probe fails: it answered 500; it is tried all the same: 1 of 3 replicas are ready (panic)',
      },
    });
  });

  it.each<[string, Partial<ObservedInstance>, Partial<InstanceRecord>]>([
    ['starting', {}, untried],
    ['paused by hand', { state: 'paused' }, ready],
    ['told to stop or reported dead', {}, ejectedFor('notice')],
    ['draining', {}, retired()],
    ['without an address', { address: undefined }, failing],
    ['dead', { state: 'exited' }, failing],
    ['not started yet', { state: 'created' }, failing],
  ])('never tries one that is %s (TRAPS 21)', (_, given, record) => {
    const world = {
      desired: ['A', 'B', 'C'].map((name) => slot(name)),
      seen: [
        [instance('a1', 'A'), failing],
        [instance('b1', 'B', given), record],
      ] as const,
      tables: { listed: ['b1'] },
    };
    expect(panicFor(world)).toMatchObject({ ready: ['a1'], panicked: ['a1'] });
  });

  it('never tries one that an operator took out of service, and does not miss it', () => {
    const drained = { ...failing, withdrawn: true };
    const world = pool([ready, drained, drained], {
      desired: [slot('A'), slot('B', { drained: true }), slot('C', { drained: true })],
    });
    expect(panicFor(world)).toMatchObject({ ready: ['A1'], panicked: [] });
  });

  it('is never with PANIC_THRESHOLD=0%', () => {
    expect(panicFor(pool([failing, failing]), 0)).toMatchObject({ ready: [], panicked: [] });
  });

  it('takes nobody away, and adds only those who have served and run (TRAPS 21)', () => {
    const record = fc.constantFrom(ready, failing, untried, ejectedFor('notice'), ejectedFor('conduct'), retired());
    fc.assert(
      fc.property(fc.array(record, { maxLength: 8 }), fc.double({ min: 0, max: 1, noNaN: true }), (records, part) => {
        const world = pool(records);
        const before = new Set(panicFor(world, 0).ready);
        const { ready: after, panicked } = panicFor(world, part);
        expect(after.filter((id) => !panicked.includes(id))).toEqual([...before]);
        const may = ({ health, ejected, retired: leaving }: Partial<InstanceRecord>) =>
          !leaving && (ejected ? ejected.cause === 'conduct' : health?.status === 'failing');
        const all = records.flatMap((one, i) => (may(one) ? [`${String.fromCharCode(65 + i)}1`] : []));
        expect(panicked).toEqual(before.size < part * records.length ? all : []);
      }),
    );
  });
});
