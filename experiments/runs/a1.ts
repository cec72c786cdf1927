// how evenly 10,000 requests fall on three replicas, with the default placement and with the two textbook ones.
import { countBars } from '../charts/count-bars.ts';
import { experiment } from '../experiment.ts';
import { number, table } from '../page/markdown.ts';
import { classicAssignment, classicReadme, hrw } from '../variants.ts';
import { measurePlacements, noiseAt, type PlacementResult, REQUESTS } from './placements.ts';

const N = 3;
const VARIANTS = [hrw, classicReadme, classicAssignment];

export const a1 = experiment<PlacementResult>({
  id: 'a1',
  title: `${number(REQUESTS)} requests on ${N} replicas`,
  steps: REQUESTS * VARIANTS.length,
  run: (context) => measurePlacements(context, VARIANTS, [N]),
  charts: (result) => [
    countBars('a1', `Requests per replica: ${number(REQUESTS)} requests on ${N} replicas`, result, N),
  ],
  tables: (result) => countTable(result, N),
});

/** Requests per replica at one size. */
export function countTable(result: PlacementResult, size: number): string {
  const rows = result.variants.flatMap(({ label, sizes }) =>
    sizes
      .filter((counted) => counted.N === size)
      .map(({ counts, deviation, maxOverMean }) => [
        label.replace('\n', ' '),
        ...Object.values(counts).map((count) => number(count)),
        number(deviation, 0),
        maxOverMean.toFixed(2),
      ]),
  );
  const names = Array.from({ length: size }, (_, i) => `Server ${i + 1}`);
  const { deviation, maxOverMean95, countWithin95 } = noiseAt(result, size);
  const mean = result.requests / size;
  const fair = `${number(mean - countWithin95)} to ${number(mean + countWithin95)}`;
  rows.push([
    '*a fair placement, by chance*',
    ...names.map(() => fair),
    `${number(deviation)}`,
    `≤ ${maxOverMean95.toFixed(2)}`,
  ]);
  return table(['placement', ...names, 'standard deviation', 'max/mean'], rows);
}
