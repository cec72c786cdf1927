import { describe, expect, it } from '@jest/globals';
import { type LifeMember, planDrain, planRestart, planUndrain, planWeight } from './life-rules.js';

const A: LifeMember = { name: 'A', weight: 1 };
const B: LifeMember = { name: 'B', weight: 2 };
const both = [A, B];
const refused = (code: string, message: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });
const thrownBy = (call: () => unknown) => {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
};

describe('a drain', () => {
  it('is a wish about one member and leaves weights, order and the others alone', () => {
    expect(planDrain(both, 'A', false, new Set(['A', 'B']))).toEqual([{ ...A, drained: true }, B]);
  });

  it.each([
    ['the only one that serves is refused', 'A', false, ['A'], false],
    ['the only one that serves goes through when forced', 'A', true, ['A'], true],
    ['one that does not serve takes nothing away from anybody', 'A', false, ['B'], true],
    ['one where nobody serves changes nothing for anybody', 'A', false, [], true],
    ['one of two that serve leaves the other', 'A', false, ['A', 'B'], true],
  ])('of %s', (_, name, force, ready, allowed) => {
    const drain = () => planDrain(both, name, force, new Set(ready));
    if (allowed) expect(drain()[0]).toEqual({ ...A, drained: true });
    else expect(thrownBy(drain)).toEqual(refused('last_ready', '"A" is the only replica that serves'));
  });

  it('asked for twice is one, and an undrain takes it back without a trace', () => {
    const once = planDrain(both, 'A', false, new Set(['A', 'B']));
    expect(planDrain(once, 'A', false, new Set(['B']))).toEqual(once);
    expect(planUndrain(once, 'A')).toEqual(both);
    expect(planUndrain(both, 'A')).toEqual(both);
  });
});

describe('a restart', () => {
  const living = (...all: [number, boolean][]) => all.map(([generation, tried]) => ({ generation, tried }));

  it.each([
    ['replaces the instance that serves', living([4, true]), 5],
    ['replaces the newest of those that served', living([4, true], [3, true]), 5],
    ['leaves a successor that is still coming up to it', living([4, true], [5, false]), 5],
    ['of a replica that is just starting changes nothing', living([4, false]), undefined],
    ['of a replica without an instance only gives it another try', living(), undefined],
  ])('%s', (_, instances, renewedFrom) => {
    expect(planRestart(both, 'A', instances, true)[0]?.renewedFrom).toBe(renewedFrom);
  });

  it('never takes back what an earlier one asked for', () => {
    const members = [{ ...A, renewedFrom: 9 }, B];
    expect(planRestart(members, 'A', living([4, true]), true)[0]?.renewedFrom).toBe(9);
  });

  it('is refused where the pool does not make its replicas', () => {
    const error = thrownBy(() => planRestart(both, 'A', living([1, true]), false));
    expect(error).toEqual(refused('not_restartable', 'the static runtime neither starts nor stops replicas'));
    expect(error).toMatchObject({ status: 409 });
  });
});

describe('a weight', () => {
  it.each([0.001, 1, 2.5, 1000])('of %p is taken', (weight) => {
    expect(planWeight(both, 'B', weight)).toEqual([A, { ...B, weight }]);
  });

  it.each([0, -1, 1000.1, Infinity, NaN])('of %p is refused by name and value', (weight) => {
    const error = thrownBy(() => planWeight(both, 'B', weight));
    expect(error).toMatchObject({ code: 'bad_weight', status: 400, field: 'weight', value: weight });
  });
});

it.each<[string, () => unknown]>([
  ['drain', () => planDrain(both, 'C', true, new Set())],
  ['undrain', () => planUndrain(both, 'C')],
  ['restart', () => planRestart(both, 'C', [], true)],
  ['weight', () => planWeight(both, 'C', 1)],
])('a %s of nobody is refused with 404', (_, call) => {
  expect(thrownBy(call)).toMatchObject({ code: 'unknown_replica', status: 404, message: 'replica "C" does not exist' });
});
