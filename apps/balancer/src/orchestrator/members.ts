// Owns the rules of membership: who may join, under which name, and who leaves when only a number is given. Pure: a
// refused request throws before anything has happened. Storing the result is the manager's.
import { PoolError } from './pool-error.js';
import type { ChangeRequest } from './views/replica-view.js';

/** A replica that is wanted: one name on the ring, whatever instance fills it. */
export interface Member {
  readonly name: string;
  readonly weight: number;
  /** Static runtime only: where it already runs. */
  readonly url?: string;
}

/** Where a given hostname is `NAME=URL`: reads one. @throws Error with the reason when it is none */
export type ParseStaticMember = (text: string) => {
  readonly name: string;
  readonly url: string;
  readonly weight: number;
};

export interface AddRules {
  readonly maxReplicas: number;
  /** Set on the static runtime, where a replica cannot be made, only named. */
  readonly parseStatic?: ParseStaticMember;
}

/** What the choice of leavers looks at; an unknown member counts as not ready. */
export interface Standing {
  readonly ready: boolean;
  readonly inFlight: number;
}

/** No trailing space: it would be invisible in every list and lost in every header field. */
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9 _.-]{0,61}[A-Za-z0-9_.-])?$/;
export const NAME_GRAMMAR =
  '1 to 63 letters, digits, spaces, dots, dashes and underscores, with a letter or digit first and no space last';
const DEFAULT_WEIGHT = 1;
export const MAX_WEIGHT = 1000;

/** @returns the members that join, in order: those given, then generated ones. @throws PoolError and nothing changes */
export function planAdd(current: readonly Member[], request: ChangeRequest, rules: AddRules): Member[] {
  const { n, hostnames } = request;
  requireCount(n);
  if (n > rules.maxReplicas) {
    throw new PoolError('bad_count', `n must not be above MAX_REPLICAS (${rules.maxReplicas}), not ${show(n)}`, {
      field: 'n',
      value: n,
    });
  }
  if (current.length + n > rules.maxReplicas) {
    const most = `${current.length} replicas and ${n} more would be above MAX_REPLICAS (${rules.maxReplicas})`;
    throw new PoolError('bad_count', `n is too large, ${show(n)}: ${most}`, { field: 'n', value: n });
  }
  if (hostnames.length > n) {
    throw new PoolError('too_many_hostnames', '<Error> Length of hostname list is more than newly added instances', {
      field: 'hostnames',
      value: hostnames,
    });
  }
  const { parseStatic } = rules;
  const given = parseStatic ? hostnames.map((text) => staticMember(text, parseStatic)) : hostnames.map(namedMember);
  if (parseStatic && given.length < n) {
    const reason = 'the static runtime makes no replicas, so each needs a NAME=URL';
    throw new PoolError('bad_hostname', `hostnames has ${given.length} of ${n} entries: ${reason}`, {
      field: 'hostnames',
      value: hostnames,
    });
  }
  const taken = new Set(current.map(({ name }) => name));
  for (const { name } of given) {
    if (taken.has(name))
      throw new PoolError('name_taken', `hostnames has ${show(name)}, which is a replica already`, hostname(name));
  }
  refuseDuplicates(given.map(({ name }) => name));
  for (const { name } of given) taken.add(name);
  return [...given, ...generated(n - given.length, taken)];
}

/** The members of a first start: `Server 1` to `Server n`, or the static ones. @throws PoolError */
export function initialMembers(n: number, replicas: readonly string[], rules: AddRules): Member[] {
  const request = rules.parseStatic ? { n: replicas.length, hostnames: replicas } : { n, hostnames: [] };
  return request.n === 0 ? [] : planAdd([], request, { ...rules, maxReplicas: Math.max(rules.maxReplicas, request.n) });
}

/**
 * @returns the names that leave: those given, then as many others as n still asks for: not ready first, then fewest
 * requests in flight, then the newest. A pool may shrink to nobody: it answers 503 no_replica until someone joins.
 * @throws PoolError and nothing changes
 */
export function planRemove(
  current: readonly Member[],
  request: ChangeRequest,
  standings: ReadonlyMap<string, Standing>,
): string[] {
  const { n, hostnames } = request;
  requireCount(n);
  if (n > current.length) {
    throw new PoolError('bad_count', `n must not be above the number of replicas (${current.length}), not ${show(n)}`, {
      field: 'n',
      value: n,
    });
  }
  if (hostnames.length > n) {
    throw new PoolError('too_many_hostnames', '<Error> Length of hostname list is more than removable instances', {
      field: 'hostnames',
      value: hostnames,
    });
  }
  const known = new Set(current.map(({ name }) => name));
  for (const name of hostnames) {
    if (!known.has(name))
      throw new PoolError('unknown_name', `hostnames has ${show(name)}, which is no replica`, hostname(name));
  }
  refuseDuplicates(hostnames);
  const named = new Set(hostnames);
  const others = current
    .map(({ name }, age) => ({ name, age, ...standing(standings, name) }))
    .filter(({ name }) => !named.has(name));
  others.sort((a, b) => Number(a.ready) - Number(b.ready) || a.inFlight - b.inFlight || b.age - a.age);
  return [...hostnames, ...others.slice(0, n - hostnames.length).map(({ name }) => name)];
}

export function isMemberName(name: string): boolean {
  return NAME.test(name);
}

function requireCount(n: number): void {
  if (Number.isSafeInteger(n) && n >= 1) return;
  throw new PoolError('bad_count', `n must be a whole number of at least 1, not ${show(n)}`, { field: 'n', value: n });
}

function namedMember(name: string): Member {
  if (isMemberName(name)) return { name, weight: DEFAULT_WEIGHT };
  throw new PoolError('bad_hostname', `hostnames has ${show(name)}, which is no name: ${NAME_GRAMMAR}`, hostname(name));
}

function staticMember(text: string, parse: ParseStaticMember): Member {
  let parsed: ReturnType<ParseStaticMember>;
  try {
    parsed = parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'it cannot be read';
    throw new PoolError(
      'bad_hostname',
      `hostnames has ${show(text)}, which is no NAME=URL: ${reason}`,
      hostname(text),
      { cause: error },
    );
  }
  return { ...namedMember(parsed.name), weight: parsed.weight, url: parsed.url };
}

function refuseDuplicates(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw new PoolError('duplicate_hostname', `hostnames has ${show(name)} twice`, hostname(name));
    seen.add(name);
  }
}

function generated(count: number, taken: Set<string>): Member[] {
  const members: Member[] = [];
  for (let k = 1; members.length < count; k++) {
    const name = `Server ${k}`;
    if (!taken.has(name)) members.push({ name, weight: DEFAULT_WEIGHT });
  }
  return members;
}

function standing(standings: ReadonlyMap<string, Standing>, name: string): Standing {
  return standings.get(name) ?? { ready: false, inFlight: 0 };
}

const hostname = (value: string) => ({ field: 'hostnames', value }) as const;

/** A foreign value on one line of printable ASCII, cut to a length that a log line bears. */
export function show(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const quoted = JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  return quoted.replace(/[^\x20-\x7e…]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
