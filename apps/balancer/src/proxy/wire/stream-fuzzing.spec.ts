// Drawn streams of requests through each lane, cut into writes anywhere: legal ones are all answered, in order; of mutated ones the
// replica gets what was counted and answered, in bytes that cannot be read otherwise, and every connection comes to an end.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LANES } from '../testing/lanes.js';
import { drawFrom, mutate, split } from './testing/fuzz/draw.js';
import { drawStream } from './testing/fuzz/drawn-streams.js';
import { LENIENCIES, readLeniently } from './testing/lenient-reader.js';
import { type RecordedPlane, startRecordedPlane } from './testing/recorded-plane.js';
import { faultsOf } from './testing/sent-bytes.js';
import { exchange, type WireExchange } from './testing/wire-client.js';

const SEED = 20_262;
const draws = fc
  .array(fc.nat(), { minLength: 60, maxLength: 200, size: 'max' })
  .map((numbers) => () => drawFrom(numbers));
/** Milliseconds without a byte after which the client ends its side: what is then unfinished stays so. */
const PATIENCE = 40;

describe.each(LANES)('a stream of requests through the %s lane', (lane) => {
  let recorded: RecordedPlane;
  beforeAll(async () => void (recorded = await startRecordedPlane(lane)));
  afterAll(() => recorded.close());

  const told = ({ answers }: WireExchange) => answers.filter(({ fromReplica }) => fromReplica).map(({ body }) => body);

  it('has as many answers as legal requests, in their order, wherever it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(draws, async (begin) => {
        const draw = begin();
        const { text, requests } = drawStream(draw, 1 + draw.below(5));
        const result = await exchange(recorded.plane.port, split(draw, text, 12));
        expect(told(result)).toEqual(requests.map(({ method, target }) => `${method} ${target}`));
        expect(result.answers).toHaveLength(requests.length);
        expect(result.surplus).toBe('');
        expect(await recorded.settled()).toBe(0);
        const seen = recorded.replica.take().requests;
        expect(seen.map(({ body }) => body).sort()).toEqual(requests.map(({ body }) => body).sort());
      }),
      { numRuns: 150, seed: SEED },
    );
  });

  it('with bytes changed anywhere ends, and a replica gets only what is answered and counted', async () => {
    await fc.assert(
      fc.asyncProperty(draws, async (begin) => {
        const draw = begin();
        const bytes = mutate(draw, drawStream(draw, 1 + draw.below(3)).text, 1 + draw.below(4));
        const before = recorded.answered();
        const result = await exchange(recorded.plane.port, split(draw, bytes, 6), { endsAfter: PATIENCE });
        expect(await recorded.settled()).toBe(0);
        const { requests, refused, connections } = recorded.replica.take();

        expect(refused).toBe(0);
        expect(connections.flatMap(faultsOf)).toEqual([]);
        // Who is gone before the answer is whole gets none, or not all of it.
        expect(recorded.answered() - before).toBeLessThanOrEqual(requests.length);
        expect(told(result).length).toBeLessThanOrEqual(requests.length);
        for (const leniency of LENIENCIES)
          expect(connections.flatMap((sent) => readLeniently(sent, leniency)).length).toBe(requests.length);
        const own = result.answers.filter(({ fromReplica }) => !fromReplica);
        expect(own.length).toBeLessThanOrEqual(1);
        for (const { status, fields } of own) {
          expect([400, 408, 413, 417, 431, 501]).toContain(status);
          expect(fields.get('connection')).toBe('close');
        }
        expect(result.surplus).toBe('');
      }),
      { numRuns: 300, seed: SEED },
    );
  });
});
