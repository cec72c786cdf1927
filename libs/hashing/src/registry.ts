// Owns the list of algorithms by name. Everything about one of them is in its own file.
import { buildClassic } from './classic.js';
import { HashingError } from './errors.js';
import { buildFrt } from './frt.js';
import { buildHrw } from './hrw.js';
import { buildKetama } from './ketama.js';
import { buildMaglev } from './maglev.js';
import type { PlacementOptions } from './options.js';
import type { Algorithm, Member, Placement } from './placement.js';

type Builder = (members: readonly Member[], options: PlacementOptions) => Placement;

const builders: Record<Algorithm, Builder> = {
  hrw: buildHrw,
  frt: buildFrt,
  ketama: buildKetama,
  maglev: buildMaglev,
  classic: buildClassic,
};

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
