// Owns what the load generator believes of an answer: status 200, the length that was expected, and exactly so many bytes. It reads
// heads only as far as that takes. Pure; whose socket it is, it does not know.

const HEAD_END = '\r\n\r\n';
const LENGTH = /\r\ncontent-length: *(\d+)\r\n/i;
/** A proxy that sends a longer head has gone astray. */
const LONGEST_HEAD = 16 * 1024;

export class AnswerReader {
  readonly #expected: number;
  /** Of a head that came in pieces. */
  #head = '';
  /** Of the body; null while the head is read. */
  #left: number | null = null;

  /** @param expected bytes of each body */
  constructor(expected: number) {
    this.#expected = expected;
  }

  /** @returns whether the answer is whole now @throws Error when it is not what was expected, or goes on after its end */
  read(chunk: Buffer, length: number): boolean {
    let bytes = length;
    if (this.#left === null) {
      const before = this.#head.length;
      const head = this.#head + chunk.toString('latin1', 0, Math.min(length, LONGEST_HEAD));
      const end = head.indexOf(HEAD_END);
      if (end < 0) {
        if (head.length >= LONGEST_HEAD) throw new Error('answered with a head without an end');
        this.#head = head;
        return false;
      }
      this.#head = '';
      this.#left = this.#check(head.slice(0, end + 2));
      bytes = length - (end + HEAD_END.length - before);
    }
    this.#left -= bytes;
    if (this.#left < 0) throw new Error(`answered with ${-this.#left} bytes more than announced`);
    if (this.#left > 0) return false;
    this.#left = null;
    return true;
  }

  #check(head: string): number {
    if (!head.startsWith('HTTP/1.1 200 ')) throw new Error(`answered with ${JSON.stringify(head.slice(0, 200))}`);
    const length = LENGTH.exec(head)?.[1];
    if (Number(length) !== this.#expected)
      throw new Error(`answered with Content-Length ${length ?? 'missing'} instead of ${this.#expected}`);
    return this.#expected;
  }
}
