// Owns the measurement that share: 10,000 requests without a key on a pool of each size, counted per replica.
import { countsOf, type Noise, noise, spread, type Spread } from '../statistics.ts';
import type { Context } from '../experiment.ts';
import { Pool } from '../system/pool.ts';
import { ask } from '../system/traffic.ts';
import { nameOf, type Variant } from '../variants.ts';

export const REQUESTS = 10_000;

export interface SizeCount extends Spread {
  readonly N: number;
  readonly counts: Readonly<Record<string, number>>;
}

export interface VariantCounts {
  readonly variant: string;
  readonly label: string;
  readonly runtime: string;
  readonly sizes: readonly SizeCount[];
}

export interface PlacementResult {
  readonly requests: number;
  /** What chance alone would do with a perfectly fair placement. */
  readonly noise: readonly (Noise & { readonly N: number })[];
  readonly variants: readonly VariantCounts[];
}

/** One balancer per variant; the pool grows by /add from the first size to the last. */
export async function measurePlacements(
  { runtime, progress }: Context,
  variants: readonly Variant[],
  sizes: readonly number[],
): Promise<PlacementResult> {
  const measured: VariantCounts[] = [];
  for (const variant of variants) {
    progress.label(`${nameOf(variant)}: starting`);
    const settings = { ...variant.settings, RUNTIME: runtime };
    await Pool.during(sizes[0] ?? 1, settings, async (pool) => {
      const counted: SizeCount[] = [];
      for (const N of sizes) {
        while ((await pool.names()).length < N) await pool.add();
        progress.label(`${nameOf(variant)}: N = ${N}`);
        const owners = await ask(pool.dataUrl, { requests: REQUESTS, onAnswer: () => progress.step() });
        const names = await pool.names();
        const counts = countsOf(names, owners);
        counted.push({
          N,
          counts: Object.fromEntries(names.map((name, i) => [name, counts[i] ?? 0])),
          ...spread(counts),
        });
      }
      measured.push({ variant: variant.id, label: variant.label, runtime: pool.runtime, sizes: counted });
    });
  }
  return { requests: REQUESTS, noise: sizes.map((N) => ({ N, ...noise(REQUESTS, N) })), variants: measured };
}

export function noiseAt({ noise: band }: PlacementResult, N: number): Noise {
  const found = band.find((one) => one.N === N);
  if (!found) throw new Error(`nothing is known about chance at N = ${N}`);
  return found;
}
