// Owns the heads of the answers to one try: put together from what comes, informational ones passed on, up to that of the final
// answer. The grammar is response-head.ts's, the body answer-relay.ts's.
import { MOST_INFORMATION } from '../message/answer-limits.js';
import type { ResponseHeadReader } from './response-head.js';

export class AnswerHeads {
  /** The bytes that the body begins in, and where; once the final head is there. */
  source: Buffer | undefined;
  begin = 0;
  end = 0;
  /** What came of a head that is not whole yet. */
  #partial: Buffer | undefined;
  #information = 0;

  constructor(
    private readonly reader: ResponseHeadReader,
    private readonly toHead: boolean,
    /** Gets informational answers. */
    private readonly client: { writeText(text: string): void },
  ) {}

  /**
   * Reads on; after `final`, the reader holds what the head says, until it reads another one.
   * @param bytes are overwritten when the caller is done
   */
  read(bytes: Buffer, count: number): 'incomplete' | 'final' | 'broken' {
    const { reader } = this;
    const partial = this.#partial;
    const source = partial ? Buffer.concat([partial, bytes.subarray(0, count)]) : bytes;
    const end = partial ? source.length : count;
    this.#partial = undefined;
    let begin = 0;
    while (begin < end) {
      const read = reader.read(source, begin, end, this.toHead);
      if (read === 'broken') return read;
      if (read === 'incomplete') {
        // A copy: what it was read into is overwritten.
        this.#partial = Buffer.from(source.subarray(begin, end));
        return read;
      }
      begin += reader.size;
      if (reader.status >= 200) {
        this.source = source;
        this.begin = begin;
        this.end = end;
        return 'final';
      }
      // Nobody asked to change the protocol.
      if (reader.status === 101 || ++this.#information > MOST_INFORMATION) return 'broken';
      // Whoever waits for 100 is in the other lane.
      if (reader.status !== 100) this.client.writeText(`${reader.passed}\r\n`);
    }
    return 'incomplete';
  }
}
