// Owns chunked bodies whose end can be found in two places: sizes in odd forms, line ends, extensions, trailers.
import { type AmbiguousRequest, CHUNKED, either, forwarded, post, posted, refused } from './ambiguous-request.js';

const SIZE = ['9112, 7.1', 'a size is hexadecimal digits and nothing else'] as const;
const OVERFLOW = ['9112, 7.1', 'sizes that overflow must be found out, not cut off'] as const;
const LINES = ['9112, 7.1', 'chunk lines end with CRLF; only the lines of the head may end with LF alone'] as const;
const EXTENSION = ['9112, 7.1.1', 'unknown extensions are ignored; their length is to be limited'] as const;
const TRAILER = ['9112, 7.1.2', 'trailers are kept apart or dropped, and never become framing or Host'] as const;

const chunked = (body: string) => post(CHUNKED, body);
const sized = (size: string) => chunked(`${size}\r\nhello\r\n0\r\n\r\n`);
const trailed = (trailer: string) => chunked(`5\r\nhello\r\n0\r\n${trailer}\r\n`);

export const AMBIGUOUS_CHUNKS: readonly AmbiguousRequest[] = [
  forwarded(SIZE, 'one leading zero', sized('05'), posted()),
  either(SIZE, 'many leading zeros', sized(`${'0'.repeat(40)}5`), posted()),
  forwarded(SIZE, 'hexadecimal in capitals', chunked('A\r\nhelloworld\r\n0\r\n\r\n'), posted('helloworld')),
  forwarded(SIZE, 'a last chunk of several zeros', chunked('5\r\nhello\r\n000\r\n\r\n'), posted()),
  refused(SIZE, 'a size with 0x', sized('0x5')),
  refused(SIZE, 'a size with a plus sign', sized('+5')),
  refused(SIZE, 'a size with a minus sign', sized('-5')),
  refused(SIZE, 'a last chunk of minus zero', chunked('5\r\nhello\r\n-0\r\n\r\n')),
  refused(SIZE, 'a blank before the size', sized(' 5')),
  refused(SIZE, 'a tab before the size', sized('\t5')),
  either(SIZE, 'a blank behind the size', sized('5 '), posted()),
  refused(SIZE, 'a tab behind the size', sized('5\t')),
  refused(SIZE, 'a blank between digits', chunked('1 0\r\nhello\r\n0\r\n\r\n')),
  refused(SIZE, 'an underscore between digits', chunked('1_0\r\nhelloworldhellow\r\n0\r\n\r\n')),
  refused(SIZE, 'no size', sized('')),
  refused(SIZE, 'a size that is a word', sized('five')),
  refused(SIZE, 'a size with a fraction', sized('5.0')),
  refused(SIZE, 'a size with a comma', sized('5,5')),
  refused(SIZE, 'a size with h', sized('5h')),
  refused(SIZE, 'a zero byte behind the size', sized('5\0')),
  refused(SIZE, 'a vertical tab behind the size', sized('5\v')),
  { ...refused(OVERFLOW, '2^32 and five', sized('100000005')), unfinished: true },
  refused(OVERFLOW, '2^64 and five', sized('10000000000000005')),
  { ...refused(OVERFLOW, 'sixteen f', sized('ffffffffffffffff')), unfinished: true },
  refused(OVERFLOW, 'seventeen digits that end in 0', chunked('10000000000000000\r\n\r\n')),
  refused(OVERFLOW, 'a hundred f', sized('f'.repeat(100))),
  refused(LINES, 'LF alone behind the size', chunked('5\nhello\r\n0\r\n\r\n')),
  refused(LINES, 'LF alone behind the data', chunked('5\r\nhello\n0\r\n\r\n')),
  refused(LINES, 'LF alone behind the last size', chunked('5\r\nhello\r\n0\n\r\n')),
  refused(LINES, 'LF alone at the end', chunked('5\r\nhello\r\n0\r\n\n')),
  refused(LINES, 'CR alone behind the size', chunked('5\rhello\r\n0\r\n\r\n')),
  refused(LINES, 'CR alone behind the data', chunked('5\r\nhello\r0\r\n\r\n')),
  refused(LINES, 'two CR behind the size', chunked('5\r\r\nhello\r\n0\r\n\r\n')),
  refused(LINES, 'no CRLF behind the data', chunked('5\r\nhello0\r\n\r\n')),
  refused(LINES, 'data longer than its size', chunked('4\r\nhello\r\n0\r\n\r\n')),
  refused(LINES, 'two other bytes behind the data', chunked('5\r\nhelloXX0\r\n\r\n')),
  refused(LINES, 'an empty line before the size', chunked('\r\n5\r\nhello\r\n0\r\n\r\n')),
  forwarded(EXTENSION, 'an extension', sized('5;a=b'), posted()),
  forwarded(EXTENSION, 'an extension in quotes', sized('5;a="b;c"'), posted()),
  forwarded(EXTENSION, 'an extension on the last chunk', chunked('5\r\nhello\r\n0;a\r\n\r\n'), posted()),
  either(EXTENSION, 'an extension behind a blank', sized('5 ;a=b'), posted()),
  either(EXTENSION, 'a semicolon only', sized('5;'), posted()),
  refused(EXTENSION, 'an extension with LF alone', sized('5;a\nhello')),
  refused(EXTENSION, 'LF in a quoted extension', chunked('5;a="\n"\r\nhello\r\n0\r\n\r\n')),
  refused(EXTENSION, 'CR alone in an extension', sized('5;a\rb')),
  refused(EXTENSION, 'a zero byte in an extension', sized('5;a\0b')),
  refused(EXTENSION, 'extensions of 64 KiB', sized(`5;${'a'.repeat(65_536)}`)),
  either(TRAILER, 'a trailer', trailed('X-Sum: 1\r\n'), posted()),
  either(TRAILER, 'Content-Length as a trailer', trailed('Content-Length: 50\r\n'), posted()),
  either(TRAILER, 'Transfer-Encoding as a trailer', trailed('Transfer-Encoding: identity\r\n'), posted()),
  either(TRAILER, 'chunked as a trailer', trailed('Transfer-Encoding: chunked\r\n'), posted()),
  either(TRAILER, 'Host as a trailer', trailed('Host: b.example\r\n'), posted()),
  either(TRAILER, 'Connection as a trailer', trailed('Connection: keep-alive\r\n'), posted()),
  either(TRAILER, 'Upgrade as a trailer', trailed('Upgrade: h2c\r\nConnection: Upgrade\r\n'), posted()),
  refused(TRAILER, 'a trailer with a blank before the colon', trailed('X-Sum : 1\r\n')),
  refused(TRAILER, 'a trailer without a colon', trailed('X-Sum\r\n')),
  refused(TRAILER, 'a trailer that ends with LF alone', trailed('X-Sum: 1\n')),
  refused(TRAILER, 'a trailer with a zero byte', trailed('X-Sum: \0\r\n')),
  either(TRAILER, 'a folded trailer', trailed('X-Sum: 1\r\n 2\r\n'), posted()),
  refused(TRAILER, 'a request as a trailer', trailed('GET /smuggled HTTP/1.1\r\nX: 1\r\n')),
];
