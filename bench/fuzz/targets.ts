// Owns what is fuzzed: the built parsers of the express lane, each with the grammar that draws inputs for it and the oracle that judges
// them. Which inputs they get is fuzz.ts's and guided.ts's.
import '../wire/sources.ts';
import type { ChunkedBody } from '../../apps/balancer/src/proxy/express/chunked.ts';
import type { RequestHeadReader } from '../../apps/balancer/src/proxy/express/request-head.ts';
import type { ResponseHeadReader } from '../../apps/balancer/src/proxy/express/response-head.ts';
import type { Draw } from '../../apps/balancer/src/proxy/wire/testing/fuzz/draw.ts';

const { judgeAnswerHead } = await import('../../apps/balancer/src/proxy/wire/testing/fuzz/answer-head-oracle.ts');
const { judgeChunks } = await import('../../apps/balancer/src/proxy/wire/testing/fuzz/chunk-oracle.ts');
const { rarely, split } = await import('../../apps/balancer/src/proxy/wire/testing/fuzz/draw.ts');
const { drawAnswerHead } = await import('../../apps/balancer/src/proxy/wire/testing/fuzz/drawn-answer-heads.ts');
const { drawChunkedBody, drawHead } = await import('../../apps/balancer/src/proxy/wire/testing/fuzz/drawn-requests.ts');
const { judgeHead } = await import('../../apps/balancer/src/proxy/wire/testing/fuzz/head-oracle.ts');
const { NodeReader } = await import('../../apps/balancer/src/proxy/wire/testing/fuzz/node-reader.ts');
const BUILT = '../../dist/apps/balancer/src/proxy/express';
const heads = (await import(`${BUILT}/request-head.js`)) as { RequestHeadReader: typeof RequestHeadReader };
const answers = (await import(`${BUILT}/response-head.js`)) as { ResponseHeadReader: typeof ResponseHeadReader };
const chunked = (await import(`${BUILT}/chunked.js`)) as { ChunkedBody: typeof ChunkedBody };

export interface Judged {
  /** What the parser made of it. */
  readonly outcome: string;
  /** undefined: parser and oracle agree. */
  readonly fault: string | undefined;
}

export interface FuzzTarget {
  readonly name: string;
  /** Inputs of the grammar for each of the others'. */
  readonly share: number;
  /** The built files that the parser is made of. */
  readonly files: readonly string[];
  /** Latin-1. @param oddIn once in so many parts one is odd */
  draw(draw: Draw, oddIn: number): string;
  /** The parser alone. */
  parse(input: string): void;
  judge(input: string, draw: Draw): Judged | Promise<Judged>;
}

const node = new NodeReader();
const requestReader = new heads.RequestHeadReader({
  maxHead: 16_384,
  maxFields: 100,
  preserveHost: true,
  trace: false,
  addsPeer: false,
  requestId: false,
});
const answerReader = new answers.ResponseHeadReader(16_384, false);
/** What follows a body on its connection. */
const NEXT = 'GET / HTTP/1.1\r\n';

const requestHeads: FuzzTarget = {
  name: 'heads of requests',
  share: 3,
  files: ['express/request-head.js', 'express/field-lines.js'],
  draw: (draw, oddIn) => drawHead(draw, oddIn).text || 'G',
  parse: (input) => void requestReader.read(Buffer.from(input, 'latin1'), false),
  judge(input, draw) {
    const bytes = Buffer.from(input, 'latin1');
    const { read, fault } = judgeHead(requestReader, node, bytes, 1 + draw.below(bytes.length));
    return { outcome: read, fault };
  },
};

const chunkedBodies: FuzzTarget = {
  name: 'chunked bodies',
  share: 1,
  files: ['express/chunked.js'],
  draw: (draw, oddIn) => drawChunkedBody(draw, oddIn),
  parse(input) {
    const bytes = Buffer.from(input, 'latin1');
    new chunked.ChunkedBody({ onSpan: () => {}, onText: () => {} }, true).read(bytes, 0, bytes.length);
  },
  judge(input, draw) {
    const pieces = split(draw, input + NEXT, 6);
    const { done, fault } = judgeChunks((sink) => new chunked.ChunkedBody(sink, true), node, pieces);
    return { outcome: done ? 'whole' : 'broken or unfinished', fault };
  },
};

const answerHeads: FuzzTarget = {
  name: 'heads of answers',
  share: 1,
  files: ['express/response-head.js', 'express/field-lines.js'],
  draw: (draw, oddIn) => drawAnswerHead(draw, oddIn) || 'H',
  parse(input) {
    const bytes = Buffer.from(input, 'latin1');
    answerReader.read(bytes, 0, bytes.length, false);
  },
  async judge(input, draw) {
    const bytes = Buffer.from(input, 'latin1');
    const { read, fault } = await judgeAnswerHead(answerReader, bytes, rarely(draw, 5), 1 + draw.below(bytes.length));
    return { outcome: read, fault };
  },
};

export const TARGETS: readonly FuzzTarget[] = [requestHeads, chunkedBodies, answerHeads];
