// Owns requests whose length can be read in two ways: Content-Length more than once, in odd forms, and beside
// Transfer-Encoding.
import {
  type AmbiguousRequest,
  CHUNKED,
  either,
  forwarded,
  get,
  HELLO,
  HOST,
  lastOne,
  post,
  posted,
  refused,
  SURPLUS,
} from './ambiguous-request.js';

const BOTH = [
  '9112, 6.3',
  'Transfer-Encoding overrides Content-Length, if it is not refused; the connection ends then',
] as const;
const MANY = ['9112, 6.3', 'lengths that differ are an error that cannot be recovered from'] as const;
const SAME = ['9110, 8.6', 'equal lengths may be taken for one, or refused'] as const;
const DIGITS = ['9110, 8.6', 'a length is digits and nothing else'] as const;
const HUGE = ['9110, 8.6', 'a number that overflows must not be taken for another'] as const;

const length = (value: string, body = 'hello') => post(`Content-Length:${value}\r\n`, body);

export const AMBIGUOUS_LENGTHS: readonly AmbiguousRequest[] = [
  lastOne(either(BOTH, 'length and coding', post(`Content-Length: 5\r\n${CHUNKED}`, HELLO), posted())),
  lastOne(either(BOTH, 'coding and length', post(`${CHUNKED}Content-Length: 5\r\n`, HELLO), posted())),
  lastOne(either(BOTH, 'a length of 0 and a coding', post(`Content-Length: 0\r\n${CHUNKED}`, HELLO), posted())),
  lastOne(
    either(
      BOTH,
      'a length that covers the surplus, and a coding that does not',
      post(`Content-Length: ${5 + SURPLUS.length}\r\n${CHUNKED}`, '0\r\n\r\n'),
      posted(''),
    ),
  ),
  lastOne(
    either(BOTH, 'a length that ends inside the first chunk', post(`Content-Length: 3\r\n${CHUNKED}`, HELLO), posted()),
  ),
  refused(BOTH, 'two lengths and a coding', post(`Content-Length: 5\r\nContent-Length: 6\r\n${CHUNKED}`, HELLO)),
  refused(BOTH, 'a length that is none, and a coding', post(`Content-Length: x\r\n${CHUNKED}`, HELLO)),
  refused(
    ['9112, 6.1', 'a coding in HTTP/1.0 is faulty framing'],
    'a length and a coding in HTTP/1.0',
    `POST / HTTP/1.0\r\n${HOST}Content-Length: 5\r\n${CHUNKED}\r\n${HELLO}`,
  ),

  refused(MANY, 'two lengths, the first longer', post('Content-Length: 9\r\nContent-Length: 5\r\n', 'hello')),
  refused(MANY, 'two lengths, the second longer', post('Content-Length: 5\r\nContent-Length: 9\r\n', 'hello')),
  refused(MANY, 'two lengths, the second 0', post('Content-Length: 5\r\nContent-Length: 0\r\n', 'hello')),
  refused(MANY, 'two lengths, the first 0', post('Content-Length: 0\r\nContent-Length: 5\r\n', 'hello')),
  refused(
    MANY,
    'two lengths with a field between',
    post('Content-Length: 5\r\nX-A: 1\r\ncontent-length: 6\r\n', 'hello'),
  ),
  refused(MANY, 'a list of two lengths', length(' 5, 6')),
  refused(MANY, 'a length and an empty one', post('Content-Length: 5\r\nContent-Length:\r\n', 'hello')),
  either(SAME, 'the same length twice', post('Content-Length: 5\r\nContent-Length: 5\r\n', 'hello'), posted()),
  either(SAME, 'a list of the same length', length(' 5, 5'), posted()),
  either(SAME, 'a list of the same length without a blank', length(' 5,5'), posted()),
  either(
    SAME,
    'equal lengths in different digits',
    post('Content-Length: 5\r\nContent-Length: 05\r\n', 'hello'),
    posted(),
  ),

  either(DIGITS, 'leading zeros', length(' 0005'), posted()),
  forwarded(DIGITS, 'blanks and tabs around the digits', length(' \t 5 \t'), posted()),
  forwarded(DIGITS, 'no blank before the digits', length('5'), posted()),
  refused(DIGITS, 'a plus sign', length(' +5')),
  refused(DIGITS, 'a minus sign', length(' -5')),
  refused(DIGITS, 'minus zero', length(' -0', '')),
  refused(DIGITS, 'hexadecimal', length(' 0x5')),
  refused(DIGITS, 'hexadecimal without mark', length(' a', 'helloworld')),
  refused(DIGITS, 'an exponent', length(' 5e0')),
  refused(DIGITS, 'a fraction', length(' 5.0')),
  refused(DIGITS, 'a semicolon behind', length(' 5;')),
  refused(DIGITS, 'a comma behind', length(' 5,')),
  refused(DIGITS, 'a comma before', length(' ,5')),
  refused(DIGITS, 'a word behind', length(' 5 bytes')),
  refused(DIGITS, 'blanks between digits', length(' 1 0', 'helloworld')),
  refused(DIGITS, 'an underscore between digits', length(' 1_0', 'helloworld')),
  refused(DIGITS, 'quotes', length(' "5"')),
  refused(DIGITS, 'nothing', length('', '')),
  refused(DIGITS, 'blanks only', length('   ', '')),
  refused(DIGITS, 'a vertical tab before', length(' \v5')),
  refused(DIGITS, 'a form feed behind', length(' 5\f')),
  refused(DIGITS, 'a zero byte behind', length(' 5\0')),
  refused(DIGITS, 'a no-break space before', length(' \xa05')),
  refused(DIGITS, 'digits of another script', length(' \xb2')),
  refused(HUGE, '2^64 and five', length(' 18446744073709551621')),
  refused(HUGE, 'a hundred nines', length(` ${'9'.repeat(100)}`)),
  either(
    ['9110, 9.3.1', 'content in GET has no meaning, but it has a length'],
    'GET with a length',
    get('Content-Length: 5\r\n') + 'hello',
    { method: 'GET', target: '/', host: 'a.example', body: 'hello' },
  ),
];
