// Owns HashFlow's own contestants: the library as it is built, every algorithm with its default options.
import type { PlacementOptions } from '../../libs/hashing/src/options.ts';
import type { Algorithm } from '../../libs/hashing/src/placement.ts';
import type { buildPlacement } from '../../libs/hashing/src/registry.ts';
import type { Contestant } from './contestant.ts';

export const SEED = '0001020304050607';
// The build, not the source: what users run. Loaded by address, since the types are the source's.
const BUILT = new URL('../../dist/libs/hashing/src/index.js', import.meta.url).href;

const ours = (
  name: string,
  algorithm: Algorithm,
  options: Partial<PlacementOptions> = {},
  limit?: number,
): Contestant => ({
  name,
  ours: true,
  ...(limit === undefined ? {} : { limit }),
  build: async (ids) => {
    const library = (await import(BUILT)) as { buildPlacement: typeof buildPlacement };
    const members = ids.map((id) => ({ id, weight: 1 }));
    const placement = library.buildPlacement(algorithm, members, { seed: SEED, ...options });
    return { byKey: (key) => placement.lookup(key), byHash: (hash) => placement.lookupHash(hash) };
  },
});

export const OURS: readonly Contestant[] = [
  ours('hrw', 'hrw'),
  ours('frt', 'frt'),
  ours('frt, cap 0.01', 'frt', { cap: 0.01 }),
  ours('ketama', 'ketama'),
  ours('maglev', 'maglev'),
  ours('classic keyed', 'classic', { classicHash: 'keyed' }, 56),
];
