// What the parsers of the express lane take is exactly as much as they say, and not a byte more.
import { describe, expect, it } from '@jest/globals';
import { ChunkedBody } from './chunked.js';
import { RequestHeadReader } from './request-head.js';
import { ResponseHeadReader } from './response-head.js';

const MAX_HEAD = 4096;
const RULES = { preserveHost: true, trace: false, addsPeer: true, requestId: true };
const bytes = (text: string) => Buffer.from(text, 'latin1');
/** A head of so many bytes. */
const filled = (begin: string, size: number) => `${begin}X-Fill: ${'x'.repeat(size - begin.length - 12)}\r\n\r\n`;

describe('the head of a request', () => {
  const reader = (changes = {}) => new RequestHeadReader({ ...RULES, maxHead: MAX_HEAD, maxFields: 10, ...changes });
  const GET = 'GET / HTTP/1.1\r\nHost: a\r\n';

  it('has MAX_HEAD bytes at most, whether it came whole or not', () => {
    const exact = filled(GET, MAX_HEAD);
    expect(exact).toHaveLength(MAX_HEAD);
    expect(reader().read(bytes(exact), false)).toBe('plain');
    expect(reader().read(bytes(`${exact}POST / HTTP/1.1\r\n`), false)).toBe('plain');
    expect(reader().read(bytes(exact.slice(0, -1)), false)).toBe('incomplete');
    const longer = filled(GET, MAX_HEAD + 1);
    for (const text of [longer, `GET /${'x'.repeat(MAX_HEAD)}`]) {
      const one = reader();
      expect([one.read(bytes(text), false), one.cause]).toEqual(['refused', 'head_too_large']);
    }
  });

  it('has MAX_HEAD bytes at most when its fields are known from before, too', () => {
    const one = reader();
    const fields = filled('Host: a\r\n', MAX_HEAD - 'GET /1 HTTP/1.1\r\n'.length);
    expect(one.read(bytes(`GET / HTTP/1.1\r\n${fields}`), false)).toBe('plain');
    const known = one.known();
    expect([one.read(bytes(`GET /1 HTTP/1.1\r\n${fields}`), false, known), one.recognised]).toEqual(['plain', known]);
    expect([one.read(bytes(`GET /12 HTTP/1.1\r\n${fields}`), false, known), one.cause]).toEqual([
      'refused',
      'head_too_large',
    ]);
  });

  it('has MAX_FIELDS fields at most', () => {
    const fields = (count: number) => Array.from({ length: count - 1 }, (_, index) => `X-${index}: 1\r\n`).join('');
    expect(reader().read(bytes(`${GET}${fields(10)}\r\n`), false)).toBe('plain');
    const one = reader();
    expect([one.read(bytes(`${GET}${fields(11)}\r\n`), false), one.cause]).toEqual(['refused', 'head_too_large']);
  });

  it.each([
    ['0', 'none', 0],
    ['00000000000001', 'length', 1],
    ['999999999999999', 'length', 999_999_999_999_999],
  ])('may announce a body of %s bytes', (length, body, parsed) => {
    const one = reader();
    expect(one.read(bytes(`${GET}Content-Length: ${length}\r\n\r\n`), false)).toBe('plain');
    expect([one.body, one.length]).toEqual([body, parsed]);
  });

  it.each(['', '1000000000000000', '-1', '+1', '1.', '0x1', '1 1', '1,1', '١'])(
    'may announce none of "%s" bytes',
    (length) => {
      const one = reader();
      expect([one.read(bytes(`${GET}Content-Length: ${length}\r\n\r\n`), false), one.cause]).toEqual([
        'refused',
        'bad_request',
      ]);
    },
  );
});

describe('the head of an answer', () => {
  const read = (text: string) => {
    const all = bytes(text);
    return new ResponseHeadReader(MAX_HEAD, false).read(all, 0, all.length, false);
  };
  const OK = 'HTTP/1.1 200 OK\r\n';

  it('is as long as it may be, and no longer', () => {
    const exact = filled(OK, MAX_HEAD);
    expect([read(exact), read(`${exact}body`), read(exact.slice(0, -1))]).toEqual([
      'complete',
      'complete',
      'incomplete',
    ]);
    const longer = filled(OK, MAX_HEAD + 1);
    expect([read(longer), read(`HTTP/1.1 200 ${'x'.repeat(MAX_HEAD)}`)]).toEqual(['broken', 'broken']);
  });

  it.each([
    ['999999999999999', 'complete'],
    ['1000000000000000', 'broken'],
    ['', 'broken'],
    ['-1', 'broken'],
  ])('with a body of "%s" bytes is %s', (length, outcome) => {
    expect(read(`${OK}Content-Length: ${length}\r\n\r\n`)).toBe(outcome);
  });

  it.each([
    [100, 'complete'],
    [999, 'complete'],
    ['099', 'broken'],
    ['20', 'broken'],
    ['2000', 'broken'],
  ])('with the status %s is %s', (status, outcome) => {
    expect(read(`HTTP/1.1 ${status} x\r\nContent-Length: 0\r\n\r\n`)).toBe(outcome);
  });

  it('is not known again by the answer to a HEAD, whose body it would announce', () => {
    const reader = new ResponseHeadReader(MAX_HEAD, false);
    const head = bytes(`${OK}Content-Length: 5\r\n\r\n`);
    for (const [toHead, framing] of [
      [true, 'none'],
      [false, 'length'],
      [true, 'none'],
    ] as const) {
      expect(reader.read(head, 0, head.length, toHead)).toBe('complete');
      expect(reader.framing).toBe(framing);
    }
  });
});

describe('a chunked body', () => {
  /** What it came to, in one read and byte by byte. */
  const outcomes = (text: string, strict = true) =>
    [text.length, 1].map((size) => {
      let passed = '';
      const sink = {
        onSpan: (source: Buffer, begin: number, end: number) => void (passed += source.toString('latin1', begin, end)),
        onText: (more: string) => void (passed += more),
      };
      const body = new ChunkedBody(sink, strict);
      for (let at = 0; at < text.length && !body.done && !body.broken; at += size) {
        const part = bytes(text.slice(at, at + size));
        body.read(part, 0, part.length);
      }
      return body.broken ? 'broken' : body.done ? passed : 'open';
    });
  const END = '0\r\n\r\n';

  it.each([
    ['twelve digits of a size', '000000000001\r\nx\r\n', '0000000000001\r\nx\r\n'],
    ['4096 bytes of extensions', `1;${'e'.repeat(4095)}\r\nx\r\n`, `1;${'e'.repeat(4096)}\r\nx\r\n`],
  ])('takes %s, and not one more', (_what, most, tooMany) => {
    for (const outcome of outcomes(most + END)) expect(outcome).toMatch(/^0*1\r\nx\r\n0\r\n\r\n$/);
    expect(outcomes(tooMany + END)).toEqual(['broken', 'broken']);
  });

  it('counts extensions of all chunks together', () => {
    const chunk = `1;${'e'.repeat(2047)}\r\nx\r\n`;
    expect(outcomes(chunk + chunk + END)).toEqual(Array(2).fill(`1\r\nx\r\n1\r\nx\r\n${END}`));
    expect(outcomes(`${chunk}${chunk}1;\r\nx\r\n${END}`)).toEqual(['broken', 'broken']);
  });

  it('takes 8192 bytes of trailers, and not one more', () => {
    const trailers = (size: number) => `0\r\nX-T: ${'x'.repeat(size - 9)}\r\n\r\n`;
    expect(outcomes(trailers(8192))).toEqual(Array(2).fill(trailers(8192)));
    expect(outcomes(trailers(8193))).toEqual(['broken', 'broken']);
  });

  it.each([
    '\r\n',
    ';e\r\n',
    'g\r\n',
    '1\nx\r\n',
    '1\r\nxy\r\n',
    '1\r\nx\n',
    '1;\x01\r\nx\r\n',
    ' 1\r\nx\r\n',
    '0\r\nX: 1\n\r\n',
  ])('is none that holds %j', (text) => {
    expect(outcomes(text + END)).toEqual(['broken', 'broken']);
  });

  it('with framing in its trailer is none of a client, and loses it in an answer', () => {
    const text = '1\r\nx\r\n0\r\nContent-Length: 5\r\nX: 1\r\n\r\n';
    expect(outcomes(text)).toEqual(['broken', 'broken']);
    expect(outcomes(text, false)).toEqual(Array(2).fill('1\r\nx\r\n0\r\nX: 1\r\n\r\n'));
  });
});
