// Owns the list of algorithms by name. Everything about one of them is in its own file.
import { HashingError } from './errors.js';
import { buildHrw } from './hrw.js';
import type { PlacementOptions } from './options.js';
import type { Algorithm, Member, Placement } from './placement.js';

type Builder = (members: readonly Member[], options: PlacementOptions) => Placement;

const builders: Partial<Record<Algorithm, Builder>> = { hrw: buildHrw };

/**
 * The placement of a set of members. An empty set gives a placement that owns nothing; the order of `members` is irrelevant.
 * @throws HashingError for an unknown algorithm, a bad option or a membership that the algorithm cannot place
 */
export function buildPlacement(algorithm: Algorithm, members: readonly Member[], options: PlacementOptions): Placement {
  const build = Object.hasOwn(builders, algorithm) ? builders[algorithm] : undefined;
  if (!build)
    throw new HashingError('unknown_algorithm', `no algorithm '${algorithm}': ${Object.keys(builders).join(', ')}`);
  return build(members, options);
}
