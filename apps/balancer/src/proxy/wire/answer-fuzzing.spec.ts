// Drawn answers of replicas through each lane: a client sees one answer to its request and nothing more, a legal one as it is, and
// never one that broke off as if it were whole.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Socket } from 'node:net';
import fc from 'fast-check';
import { type InlinePlane, startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';
import { type HostileUpstream, startHostile } from '../testing/upstream.js';
import { drawFrom } from './testing/fuzz/draw.js';
import { drawAnswer, type DrawnAnswer } from './testing/fuzz/drawn-answers.js';
import { exchange } from './testing/wire-client.js';

const SEED = 20_263;
const draws = fc
  .array(fc.nat(), { minLength: 20, maxLength: 60, size: 'max' })
  .map((numbers) => () => drawFrom(numbers));
/** Never sent twice: one answer of the replica is the answer to one request, at once. */
const REQUEST = 'POST / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n';

describe.each(LANES)('a drawn answer through the %s lane', (lane) => {
  let plane: InlinePlane;
  let replica: HostileUpstream;
  let answer: DrawnAnswer;
  beforeAll(async () => {
    replica = await startHostile((socket) => socket.on('data', () => void play(socket, answer)));
    // What stays half said is over soon.
    plane = await startInlinePlane({
      express: lane === 'express',
      responseTimeout: 200,
      idleTimeout: 200,
    });
    await plane.route([{ replica: 'A', port: replica.port }]);
  });
  afterAll(async () => {
    await plane.close();
    await replica.close();
  });

  it('is the only one that the client sees: whole when it was whole, and never when it broke off', async () => {
    const kinds = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(draws, async (begin) => {
        const drawn = drawAnswer(begin());
        answer = drawn;
        kinds.set(drawn.kind, (kinds.get(drawn.kind) ?? 0) + 1);
        const { answers, surplus } = await exchange(plane.port, [REQUEST]);
        for (let turn = 0; turn < 20_000 && plane.claims.inFlight(0) > 0; turn++) await new Promise(setImmediate);
        expect(plane.claims.inFlight(0)).toBe(0);

        expect(answers.length).toBeLessThanOrEqual(1);
        const [seen] = answers;
        const own = seen?.fields.has('x-hashflow-cause') === true;
        if (own) expect([502, 504]).toContain(seen.status);
        // Half a head is no answer, and nobody takes it for one.
        if (seen !== undefined) expect(surplus).toBe('');
        if (drawn.kind === 'legal' || (drawn.kind === 'surplus' && drawn.framing !== 'close'))
          expect({ own, ...seen }).toMatchObject({ own: false, status: drawn.status, body: drawn.body, whole: true });
        if (drawn.kind === 'cut' && drawn.framing !== 'close' && !own && seen) expect(seen.whole).toBe(false);
      }),
      { numRuns: 400, seed: SEED },
    );
    expect([...kinds.values()].every((count) => count > 50)).toBe(true);
  });

  it.each([
    ['a zero byte', 'O\0K'],
    ['a control', 'O\x01K'],
    ['a delete', 'O\x7fK'],
    ['CR alone', 'O\rK'],
  ])('with %s in its reason is 502, and the balancer lives', async (_what, reason) => {
    answer = { kind: 'changed', status: 200, framing: 'length', body: '', ending: 'end', pieces: [] };
    answer = { ...answer, pieces: [`HTTP/1.1 200 ${reason}\r\nContent-Length: 0\r\n\r\n`] };
    for (let time = 0; time < 2; time++) {
      const { answers } = await exchange(plane.port, [REQUEST]);
      expect(answers.map(({ status }) => status)).toEqual([502]);
    }
  });
});

async function play(socket: Socket, { pieces, ending }: DrawnAnswer): Promise<void> {
  for (const piece of pieces) {
    socket.write(piece, 'latin1');
    await new Promise(setImmediate);
  }
  if (ending === 'end') socket.end();
  if (ending === 'reset') socket.resetAndDestroy();
}
