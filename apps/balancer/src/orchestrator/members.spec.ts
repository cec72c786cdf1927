import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { initialMembers, type Member, planAdd, planRemove, type Standing } from './members.js';
import { PoolError } from './pool-error.js';

const members = (...names: string[]): Member[] => names.map((name) => ({ name, weight: 1 }));
const rules = { maxReplicas: 8 };
const names = (list: readonly Member[]) => list.map(({ name }) => name);

function refusal(attempt: () => unknown): PoolError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof PoolError) return error;
  }
  throw new Error('it was not refused');
}

describe('/add', () => {
  it.each([
    [
      'given names first, in their order, then generated ones',
      ['Server 1', 'Server 2', 'Server 3'],
      4,
      ['S5', 'S4'],
      ['S5', 'S4', 'Server 4', 'Server 5'],
    ],
    ['the lowest free numbers', ['Server 2', 'Server 4'], 3, [], ['Server 1', 'Server 3', 'Server 5']],
    ['no generated name that was given', [], 3, ['Server 1', 'Server 3'], ['Server 1', 'Server 3', 'Server 2']],
    ['as many given as asked for', ['a'], 2, ['b', 'c'], ['b', 'c']],
    ['one to an empty pool', [], 1, [], ['Server 1']],
  ])('takes %s', (_, current, n, hostnames, joining) => {
    expect(names(planAdd(members(...current), { n, hostnames }, rules))).toEqual(joining);
  });

  it('refuses more hostnames than n in the classic words', () => {
    const error = refusal(() => planAdd(members('a'), { n: 1, hostnames: ['S1', 'S2'] }, rules));
    expect(error).toMatchObject({ code: 'too_many_hostnames', status: 400, field: 'hostnames' });
    expect(error.message).toBe('<Error> Length of hostname list is more than newly added instances');
  });

  it.each([
    ['a name that is a replica already', 1, ['a'], 'name_taken', 'hostnames has "a", which is a replica already'],
    ['a name twice in the list', 2, ['b', 'b'], 'duplicate_hostname', 'hostnames has "b" twice'],
    ['more than MAX_REPLICAS at once', 9, [], 'bad_count', 'n must not be above MAX_REPLICAS (8), not 9'],
    ['more than MAX_REPLICAS together', 7, [], 'bad_count', '2 replicas and 7 more would be above MAX_REPLICAS (8)'],
    ['zero', 0, [], 'bad_count', 'n must be a whole number of at least 1, not 0'],
    ['a negative number', -1, [], 'bad_count', 'not -1'],
    ['a fraction', 1.5, [], 'bad_count', 'not 1.5'],
    ['no number', NaN, [], 'bad_count', 'not NaN'],
    ['a number beyond all', Infinity, [], 'bad_count', 'not Infinity'],
  ])('refuses %s', (_, n, hostnames, code, message) => {
    const error = refusal(() => planAdd(members('a', 'c'), { n, hostnames }, rules));
    expect(error).toMatchObject({ code, status: 400 });
    expect(error.message).toContain(message);
  });

  it.each(['S', '5', 'Server 4', 'a.b-c_d', 'x'.repeat(63), 'constructor', '0'])('takes the name %j', (name) => {
    expect(names(planAdd([], { n: 1, hostnames: [name] }, rules))).toEqual([name]);
  });

  it.each([
    '',
    ' ',
    ' a',
    'a ',
    '-a',
    '_a',
    '.a',
    '..',
    'x'.repeat(64),
    'ä',
    'a/b',
    'a\n',
    'a\0',
    '<b>',
    'a;b',
    '__proto__',
    '日本',
  ])('refuses the name %j and shows it on one line of ASCII', (name) => {
    const error = refusal(() => planAdd([], { n: 1, hostnames: [name] }, rules));
    expect(error).toMatchObject({ code: 'bad_hostname', field: 'hostnames', value: name });
    expect(error.message).toMatch(/^[\x20-\x7e…]+$/);
  });

  it('keeps a refused value short', () => {
    expect(refusal(() => planAdd([], { n: 1, hostnames: ['/'.repeat(100_000)] }, rules)).message.length).toBeLessThan(
      300,
    );
  });
});

describe('/add on the static runtime', () => {
  const parseStatic = (text: string) => {
    const [name, url] = text.split('=');
    if (name === undefined || url === undefined) throw new Error('"S1" must be NAME=http://host:port');
    return { name, url, weight: 2 };
  };
  const staticRules = { ...rules, parseStatic };

  it('takes NAME=URL with its weight', () => {
    expect(planAdd([], { n: 1, hostnames: ['S1=http://h:1'] }, staticRules)).toEqual([
      { name: 'S1', url: 'http://h:1', weight: 2 },
    ]);
  });

  it.each([
    ['a plain name', 1, ['S1'], 'must be NAME=http://host:port'],
    ['fewer than n, because it can make none itself', 2, ['S1=http://h:1'], '1 of 2 entries'],
    ['none at all', 1, [], '0 of 1 entries'],
    ['a name outside the grammar', 1, [' x=http://h:1'], 'is no name'],
  ])('refuses %s', (_, n, hostnames, message) => {
    const error = refusal(() => planAdd([], { n, hostnames }, staticRules));
    expect(error).toMatchObject({ code: 'bad_hostname', status: 400 });
    expect(error.message).toContain(message);
  });

  it('starts with the replicas of the settings and ignores N', () => {
    expect(names(initialMembers(3, ['a=http://h:1', 'b=http://h:2'], staticRules))).toEqual(['a', 'b']);
  });
});

describe('a first start', () => {
  it('has N generated names', () => {
    expect(names(initialMembers(3, [], rules))).toEqual(['Server 1', 'Server 2', 'Server 3']);
  });

  it('may begin with nobody', () => {
    expect(initialMembers(0, [], rules)).toEqual([]);
  });
});

describe('/rm', () => {
  const pool = members('Server 1', 'Server 2', 'S5', 'S4');
  const standings = (given: Record<string, Partial<Standing>>) =>
    new Map(pool.map(({ name }): [string, Standing] => [name, { ready: true, inFlight: 0, ...given[name] }]));

  it.each([
    ['those named', 2, ['S5', 'Server 1'], {}, ['S5', 'Server 1']],
    ['the newest when all are alike', 2, [], {}, ['S4', 'S5']],
    ['those not ready before the newest', 1, [], { 'Server 1': { ready: false } }, ['Server 1']],
    [
      'those with fewest requests before the newest',
      2,
      [],
      { S4: { inFlight: 3 }, 'Server 2': { inFlight: 1 }, S5: { inFlight: 9 } },
      ['Server 1', 'Server 2'],
    ],
    [
      'a busy one that is not ready before an idle one that is',
      1,
      [],
      { 'Server 1': { ready: false, inFlight: 50 } },
      ['Server 1'],
    ],
    ['the named ones and the newest of the others', 2, ['Server 1'], {}, ['Server 1', 'S4']],
    ['everybody: a pool may shrink to nobody', 4, [], {}, ['S4', 'S5', 'Server 2', 'Server 1']],
  ])('takes %s', (_, n, hostnames, standing, leaving) => {
    expect(planRemove(pool, { n, hostnames }, standings(standing))).toEqual(leaving);
  });

  it('counts a replica that nobody knows anything of as not ready', () => {
    expect(
      planRemove(pool, { n: 1, hostnames: [] }, new Map([...standings({})].filter(([name]) => name !== 'Server 2'))),
    ).toEqual(['Server 2']);
  });

  it('refuses more hostnames than n in the classic words', () => {
    const error = refusal(() => planRemove(pool, { n: 1, hostnames: ['S5', 'S4'] }, standings({})));
    expect(error).toMatchObject({ code: 'too_many_hostnames', status: 400 });
    expect(error.message).toBe('<Error> Length of hostname list is more than removable instances');
  });

  it.each([
    ['more than there are', 5, [], 'bad_count', 'n must not be above the number of replicas (4), not 5'],
    ['an unknown name', 1, ['S6'], 'unknown_name', 'hostnames has "S6", which is no replica'],
    ['a name twice', 2, ['S5', 'S5'], 'duplicate_hostname', 'hostnames has "S5" twice'],
    ['zero', 0, [], 'bad_count', 'at least 1'],
  ])('refuses %s', (_, n, hostnames, code, message) => {
    const error = refusal(() => planRemove(pool, { n, hostnames }, standings({})));
    expect(error).toMatchObject({ code, status: 400 });
    expect(error.message).toContain(message);
  });
});

it('whatever is asked, names stay unique, in bounds, and what was not touched keeps its order', () => {
  const name = fc.stringMatching(/^[ABab1-9][ ab1.]{0,2}$/);
  const call = fc.record({
    add: fc.boolean(),
    n: fc.integer({ min: -1, max: 6 }),
    hostnames: fc.array(name, { maxLength: 4 }),
  });
  fc.assert(
    fc.property(fc.array(call, { maxLength: 30 }), (calls) => {
      let current: readonly Member[] = [];
      for (const { add, n, hostnames } of calls) {
        const before = names(current);
        try {
          if (add) current = [...current, ...planAdd(current, { n, hostnames }, rules)];
          else {
            const leaving = new Set(planRemove(current, { n, hostnames }, new Map()));
            current = current.filter((member) => !leaving.has(member.name));
          }
        } catch (error) {
          expect(error).toBeInstanceOf(PoolError);
          continue;
        }
        const after = names(current);
        expect(new Set(after).size).toBe(after.length);
        expect(after.length).toBe(before.length + (add ? n : -n));
        expect(after.length).toBeLessThanOrEqual(rules.maxReplicas);
        expect(after.filter((kept) => before.includes(kept))).toEqual(before.filter((kept) => after.includes(kept)));
      }
    }),
  );
});
