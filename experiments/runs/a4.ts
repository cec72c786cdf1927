// A-4: A-1 and A-2 again with other hash functions and other placements.
import { replicaDots } from '../charts/replica-dots.ts';
import { experiment } from '../experiment.ts';
import { number } from '../page/markdown.ts';
import { classicKeyed, classicKeyedMore, classicKeyedMost, frt, frtCapped, hrw, ketama, maglev } from '../variants.ts';
import { countTable } from './a1.ts';
import { sizeTable, SIZES } from './a2.ts';
import { measurePlacements, type PlacementResult, REQUESTS } from './placements.ts';

const VARIANTS = [hrw, frt, frtCapped, maglev, ketama, classicKeyed, classicKeyedMore, classicKeyedMost];

export const a4 = experiment<PlacementResult>({
  id: 'a4',
  title: 'Other hash functions, other placements',
  steps: REQUESTS * SIZES.length * VARIANTS.length,
  run: (context) => measurePlacements(context, VARIANTS, SIZES),
  charts: (result) => [replicaDots('a4', result)],
  tables: (result) =>
    [
      `A-1 again, ${number(REQUESTS)} requests on 3 replicas:`,
      countTable(result, 3),
      'A-2 again, mean ± standard deviation and max/mean:',
      sizeTable(result),
    ].join('\n\n'),
});
