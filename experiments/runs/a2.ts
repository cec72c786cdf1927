// how the balance changes while the pool grows from two replicas to six.
import { meanAndExcess } from '../charts/mean-and-excess.ts';
import { experiment } from '../experiment.ts';
import { number, table } from '../page/markdown.ts';
import { classicAssignment, classicReadme, hrw } from '../variants.ts';
import { measurePlacements, type PlacementResult, REQUESTS } from './placements.ts';

export const SIZES = [2, 3, 4, 5, 6];
const VARIANTS = [hrw, classicReadme, classicAssignment];

export const a2 = experiment<PlacementResult>({
  id: 'a2',
  title: `${number(REQUESTS)} requests on 2 to 6 replicas`,
  steps: REQUESTS * SIZES.length * VARIANTS.length,
  run: (context) => measurePlacements(context, VARIANTS, SIZES),
  charts: (result) => [meanAndExcess('a2', result)],
  tables: sizeTable,
});

/** Mean ± standard deviation and max/mean of each variant at each size. */
export function sizeTable({ requests, noise, variants }: PlacementResult): string {
  const rows = variants.map(({ label, sizes }) => [
    label.replace('\n', ' '),
    ...sizes.map(
      ({ mean, deviation, maxOverMean }) => `${number(mean)} ± ${number(deviation)}, ${maxOverMean.toFixed(2)}`,
    ),
  ]);
  rows.push([
    '*a fair placement, by chance*',
    ...noise.map(
      ({ N, deviation, maxOverMean95 }) =>
        `${number(requests / N)} ± ${number(deviation)}, ≤ ${maxOverMean95.toFixed(2)}`,
    ),
  ]);
  return table(['placement', ...noise.map(({ N }) => `N = ${N}`)], rows);
}
