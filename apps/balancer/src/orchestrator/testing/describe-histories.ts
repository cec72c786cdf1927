// Owns running random histories in shards, so that several workers share them. What a history is and what holds in it is
// history.ts's and promises.ts's.
import { describe, it } from '@jest/globals';
import fc from 'fast-check';
import { histories, play } from './history.js';

/**
 * Over all shards; HASHFLOW_HISTORIES sets another number. The same ones each time, so that what is red was made so by a
 * change; HASHFLOW_SEED=random looks for new ones, and the name of a failed test has the seed that repeats it.
 */
const HISTORIES = Number(process.env.HASHFLOW_HISTORIES ?? 10_000);
const { HASHFLOW_SEED = '1' } = process.env;
const SEED = HASHFLOW_SEED === 'random' ? Date.now() % 2 ** 30 : Number(HASHFLOW_SEED);
const SHARDS = 4;
/** Histories that run in turns: one goes on while another waits for its files. */
const LANES = 4;

/** @param shard from 1 */
export function describeHistories(shard: number): void {
  const runs = Math.ceil(HISTORIES / SHARDS / LANES);
  describe(`whatever happens (${runs * LANES} histories, part ${shard} of ${SHARDS}, HASHFLOW_SEED=${SEED})`, () => {
    it(
      'no slot serves twice, nothing is orphaned, and what is wanted comes once failures stop',
      async () => {
        const lane = async (_: unknown, index: number) =>
          fc.assert(fc.asyncProperty(histories, play), { numRuns: runs, seed: SEED + shard * SHARDS * LANES + index });
        await Promise.all(Array.from({ length: LANES }, lane));
      },
      60_000 + runs * LANES * 200,
    );
  });
}
