// Owns what every connection and request of the express lane may use. Built once per lane; nothing in it belongs to one request.
import type { BodyBlocks } from './body-blocks.js';
import type { LaneContext } from '../lane/lane-context.js';
import type { ExpressUpstreams } from './express-upstreams.js';
import type { AnswerLines } from './forwarded-lines.js';
import type { RequestHeadReader } from './request-head.js';
import type { ResponseHeadReader } from './response-head.js';
import type { WriteBuffer } from './write-buffer.js';

export interface ExpressContext {
  readonly lane: LaneContext;
  /** What it read last holds until the next head of whomever: to be used before anybody else has a turn. */
  readonly requests: RequestHeadReader;
  /** As above, of answers. */
  readonly answers: ResponseHeadReader;
  readonly answerLines: AnswerLines;
  /** Empty whenever somebody else has a turn. */
  readonly out: WriteBuffer;
  readonly bodyBlocks: BodyBlocks;
  readonly upstreams: ExpressUpstreams;
}
