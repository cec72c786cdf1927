import { describe, expect, it } from '@jest/globals';
import { AnswerReader } from './answer-reader.ts';

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello';
const read = (reader: AnswerReader, text: string) => reader.read(Buffer.from(text, 'latin1'), text.length);

describe('the reader of answers', () => {
  it('takes an answer that is cut anywhere, and the next one after it', () => {
    for (let cut = 1; cut < ANSWER.length; cut++) {
      const reader = new AnswerReader(5);
      expect(read(reader, ANSWER.slice(0, cut))).toBe(false);
      expect(read(reader, ANSWER.slice(cut))).toBe(true);
      expect(read(reader, ANSWER)).toBe(true);
    }
  });

  it.each([
    ['another status', ANSWER.replace('200', '503'), '503'],
    ['another length', ANSWER.replace('5', '6').replace('hello', 'hello!'), 'Content-Length 6 instead of 5'],
    ['no length', ANSWER.replace('Content-Length: 5\r\n', ''), 'Content-Length missing'],
    ['bytes after its end', `${ANSWER}!`, '1 bytes more'],
    ['a head without an end', 'HTTP/1.1 200 OK\r\n' + 'a: b\r\n'.repeat(5000), 'without an end'],
  ])('refuses %s', (_, answer, reason) => expect(() => read(new AnswerReader(5), answer)).toThrow(reason));
});
