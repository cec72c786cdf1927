// The express lane's parsers beside llhttp in strict mode, over drawn heads and bodies: a bounded part of what `npm run fuzz` does
// with millions.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ChunkedBody } from '../express/chunked.js';
import { RequestHeadReader } from '../express/request-head.js';
import { ResponseHeadReader } from '../express/response-head.js';
import { judgeAnswerHead } from './testing/fuzz/answer-head-oracle.js';
import { judgeChunks } from './testing/fuzz/chunk-oracle.js';
import { drawFrom, rarely, split } from './testing/fuzz/draw.js';
import { drawAnswerHead } from './testing/fuzz/drawn-answer-heads.js';
import { drawChunkedBody, drawHead } from './testing/fuzz/drawn-requests.js';
import { judgeHead } from './testing/fuzz/head-oracle.js';
import { readAnswer } from './testing/fuzz/node-answer-reader.js';
import { NodeReader } from './testing/fuzz/node-reader.js';

const SEED = 20_261;
const draws = fc
  .array(fc.nat(), { minLength: 40, maxLength: 160, size: 'max' })
  .map((numbers) => () => drawFrom(numbers));

describe('the express lane beside llhttp in strict mode (TRAPS 27)', () => {
  const node = new NodeReader();
  const reader = new RequestHeadReader({
    maxHead: 16_384,
    maxFields: 100,
    preserveHost: true,
    trace: false,
    addsPeer: false,
    requestId: false,
  });

  it('a head that it takes is the same request for llhttp and for the standard lane, and waits wherever it is cut', () => {
    const reads = new Map<string, number>();
    fc.assert(
      fc.property(draws, (begin) => {
        const draw = begin();
        const { text } = drawHead(draw, 12);
        const bytes = Buffer.from(text, 'latin1');
        const { read, fault } = judgeHead(reader, node, bytes, 1 + draw.below(bytes.length));
        reads.set(read, (reads.get(read) ?? 0) + 1);
        expect(fault).toBeUndefined();
      }),
      { numRuns: 4000, seed: SEED },
    );
    // A grammar of which nothing is legal, or all, would try nothing.
    expect(reads.get('plain')).toBeGreaterThan(400);
    expect(reads.get('refused')).toBeGreaterThan(400);
  });

  it('a legal head is taken, or left to the standard lane, which takes it', () => {
    fc.assert(
      fc.property(draws, (begin) => {
        const bytes = Buffer.from(drawHead(begin(), Infinity).text, 'latin1');
        expect(['plain', 'other']).toContain(reader.read(bytes, false));
        expect(node.read(bytes)).toMatchObject({ error: undefined, requests: [{}] });
      }),
      { numRuns: 1000, seed: SEED },
    );
  });

  const answers = new ResponseHeadReader(16_384, false);

  it('an answer whose head it takes is the same answer, with the same end, for llhttp, before and behind the proxy', async () => {
    const reads = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(draws, async (begin) => {
        const draw = begin();
        const bytes = Buffer.from(drawAnswerHead(draw, 12) || 'H', 'latin1');
        const { read, fault } = await judgeAnswerHead(answers, bytes, rarely(draw, 5), 1 + draw.below(bytes.length));
        reads.set(read, (reads.get(read) ?? 0) + 1);
        expect(fault && [fault, bytes.toString('latin1')]).toBeUndefined();
      }),
      { numRuns: 3000, seed: SEED },
    );
    expect(reads.get('complete')).toBeGreaterThan(300);
    expect(reads.get('broken')).toBeGreaterThan(300);
  });

  it('takes every legal head of an answer', async () => {
    await fc.assert(
      fc.asyncProperty(draws, async (begin) => {
        const text = drawAnswerHead(begin(), Infinity);
        const bytes = Buffer.from(text, 'latin1');
        // A coding in HTTP/1.0 is no legal head.
        if (/^HTTP\/1\.0[^]*Transfer-Encoding/.test(text)) return;
        expect(answers.read(bytes, 0, bytes.length, false)).toBe('complete');
        expect(await readAnswer('GET', [bytes], false)).toMatchObject({ error: undefined });
      }),
      { numRuns: 1000, seed: SEED },
    );
  });

  it('a chunked body that it takes for whole has the same data and end for llhttp, before and behind the proxy', () => {
    let done = 0;
    fc.assert(
      fc.property(draws, (begin) => {
        const draw = begin();
        const pieces = split(draw, `${drawChunkedBody(draw, 15)}GET / HTTP/1.1\r\n`, 6);
        const judgement = judgeChunks((sink) => new ChunkedBody(sink, true), node, pieces);
        done += Number(judgement.done);
        expect(judgement.fault).toBeUndefined();
      }),
      { numRuns: 3000, seed: SEED },
    );
    expect(done).toBeGreaterThan(500);
  });
});
