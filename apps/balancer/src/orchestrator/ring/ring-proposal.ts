// Owns what a proposed change would make of the members, by the rules of /add and /rm. Pure: a proposal that makes no sense
// throws, and nobody is asked to do anything. What the ring would move is libs/hashing's.
import { isMemberName, MAX_WEIGHT, NAME_GRAMMAR, show } from '../members.js';
import { PoolError } from '../pool-error.js';

/** Members as the ring knows them. */
export interface RingMember {
  readonly name: string;
  readonly weight: number;
}

/** Each part may be empty. `weights` is for members that stay; one that joins brings its own. */
export interface RingProposal {
  readonly add: readonly { readonly name: string; readonly weight?: number }[];
  readonly remove: readonly string[];
  readonly weights: Readonly<Record<string, number>>;
}

const DEFAULT_WEIGHT = 1;

/** @returns the members afterwards @throws PoolError naming the field and the value */
export function proposedMembers(
  current: readonly RingMember[],
  { add, remove, weights }: RingProposal,
  maxReplicas: number,
): RingMember[] {
  const names = new Set(current.map(({ name }) => name));
  const leaving = new Set<string>();
  for (const name of remove) {
    if (!names.has(name)) throw refused('unknown_name', 'remove', name, 'which is no replica');
    if (leaving.has(name)) throw refused('duplicate_hostname', 'remove', name, 'twice');
    leaving.add(name);
  }
  const changed = new Map(Object.entries(weights));
  for (const [name, weight] of changed) {
    if (!names.has(name)) throw refused('unknown_name', 'weights', name, 'which is no replica');
    if (leaving.has(name)) throw refused('unknown_name', 'weights', name, 'which remove has too');
    requireWeight('weights', name, weight);
  }
  const staying = current
    .filter(({ name }) => !leaving.has(name))
    .map(({ name, weight }) => ({ name, weight: changed.get(name) ?? weight }));
  const taken = new Set(staying.map(({ name }) => name));
  const joining = new Set<string>();
  for (const { name, weight = DEFAULT_WEIGHT } of add) {
    if (!isMemberName(name)) throw refused('bad_hostname', 'add', name, `which is no name: ${NAME_GRAMMAR}`);
    if (taken.has(name)) throw refused('name_taken', 'add', name, 'which is a replica already');
    if (joining.has(name)) throw refused('duplicate_hostname', 'add', name, 'twice');
    joining.add(name);
    requireWeight('add', name, weight);
  }
  // A pool that already has more, from a time of a higher limit, may still shrink.
  const count = staying.length + add.length;
  if (add.length > 0 && count > maxReplicas) {
    const reason = `add is too long: ${count} replicas would be above MAX_REPLICAS (${maxReplicas})`;
    throw new PoolError('bad_count', reason, { field: 'add', value: add.length });
  }
  return [...staying, ...add.map(({ name, weight = DEFAULT_WEIGHT }) => ({ name, weight }))];
}

function requireWeight(field: 'add' | 'weights', name: string, weight: number): void {
  if (weight > 0 && weight <= MAX_WEIGHT) return;
  const what = `the weight of ${show(name)} in ${field} must be above 0 and at most ${MAX_WEIGHT}, not ${show(weight)}`;
  throw new PoolError('bad_weight', what, { field, value: weight });
}

function refused(
  code: PoolError['code'],
  field: 'add' | 'remove' | 'weights',
  name: string,
  reason: string,
): PoolError {
  return new PoolError(code, `${field} has ${show(name)}, ${reason}`, { field, value: name });
}
