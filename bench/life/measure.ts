// Owns the rounds of the life benchmark on one runtime: what a bare instance costs, a crash and an /add without a standby, and
// both with one, one after the other in each round, so that a busy moment of the machine falls on all of them.
import type { BenchRuntime } from '../system/balancer.ts';
import { bareInstance } from './bare.ts';
import { Pool } from './pool.ts';
import type { Samples } from './result.ts';

/** @param giveUpAt moment after which no further round begins */
export async function measure(
  runtime: BenchRuntime,
  rounds: number,
  giveUpAt: number,
  onRound: () => void,
): Promise<Samples> {
  const samples: Samples = { bare: [], crash: [], add: [], standbyCrash: [], standbyAdd: [] };
  const pools: Pool[] = [];
  try {
    for (const standby of [0, 1]) pools.push(await Pool.open(runtime, standby));
    const [cold, warm] = pools as [Pool, Pool];
    for (let round = 0; round < rounds && performance.now() < giveUpAt; round++) {
      samples.bare.push(await bareInstance(runtime, cold));
      samples.crash.push((await cold.crash(round)).took);
      samples.standbyCrash.push((await warm.crash(round)).took);
      samples.add.push(await cold.add());
      samples.standbyAdd.push(await warm.add());
      onRound();
    }
  } finally {
    for (const pool of pools) await pool.balancer.end();
  }
  return samples;
}
