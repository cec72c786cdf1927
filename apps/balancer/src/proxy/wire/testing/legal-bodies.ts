// Owns legal requests that differ in their bodies, and in the bodies and kinds of the answers they ask for.
import { chunked, legal, type LegalRequest, sized, textOf } from './legal-request.js';

const KIB64 = 65_536;
const SIZES = [0, 1, 1000, KIB64 - 1, KIB64, KIB64 + 1, 1024 * 1024];
const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const inChunks = (name: string, body: string) => legal(name, ['POST', '/echo'], CHUNKED, body);

const BODIES: readonly LegalRequest[] = [
  ...SIZES.map((size) => sized(`${size} bytes by length`, ['POST', '/echo'], size)),
  ...SIZES.map((size) => chunked(`${size} bytes in one chunk`, ['POST', '/echo'], size > 0 ? [size] : [])),
  ...['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'].map((method) =>
    sized(`${method} with a length`, [method, '/echo'], 10),
  ),
  ...['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'].map((method) =>
    chunked(`${method} in chunks`, [method, '/echo'], [3, 7]),
  ),
  chunked('a thousand chunks of one byte', ['POST', '/echo'], new Array<number>(1000).fill(1)),
  chunked('chunks of many sizes', ['POST', '/echo'], [1, 15, 16, 17, 255, 256, 4095, 4096, KIB64, 3]),
  inChunks('chunk extensions', '3;a\r\nabc\r\n4;b=c;d="e;f"\r\ndefg\r\n0;g\r\n\r\n'),
  inChunks('sizes in capitals and with zeros', `00A\r\n${textOf(10)}\r\nB\r\n${textOf(11)}\r\n000\r\n\r\n`),
  inChunks('trailers', '3\r\nabc\r\n0\r\nX-Sum: 1\r\nX-Other: a b\r\n\r\n'),
  legal('announced trailers', ['POST', '/echo'], `${CHUNKED}Trailer: X-Sum\r\n`, '3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n'),
  legal('a body of a type', ['POST', '/echo'], 'Content-Type: application/json\r\nContent-Length: 2\r\n', '{}'),
  legal('a body in a coding', ['POST', '/echo'], 'Content-Encoding: br\r\nContent-Length: 3\r\n', 'abc'),
  legal('100-continue with a length', ['POST', '/echo'], 'Expect: 100-continue\r\nContent-Length: 5\r\n', 'hello', {
    expects: true,
  }),
  legal('100-continue in chunks', ['PUT', '/echo'], `Expect: 100-continue\r\n${CHUNKED}`, '5\r\nhello\r\n0\r\n\r\n', {
    expects: true,
  }),
];

const ANSWERS: readonly LegalRequest[] = [
  ...[200, 201, 202, 203, 206, 299, 300, 301, 307, 400, 401, 404, 410, 418, 429, 451, 500, 501, 503, 599].map(
    (status) => legal(`an answer ${status}`, ['GET', `/status/${status}`]),
  ),
  ...[204, 304].flatMap((status) => [
    legal(`an answer ${status}, without a body`, ['GET', `/bare/${status}`]),
    legal(`an answer ${status} to HEAD`, ['HEAD', `/bare/${status}`]),
    legal(`an answer ${status} to POST`, ['POST', `/bare/${status}`], 'Content-Length: 1\r\n', 'x'),
  ]),
  ...SIZES.flatMap((size) => [
    legal(`an answer of ${size} bytes by length`, ['GET', `/length/${size}`]),
    legal(`an answer of ${size} bytes in chunks`, ['GET', `/chunked/${size}`]),
    legal(`an answer of ${size} bytes up to the close`, ['GET', `/close/${size}`]),
  ]),
  legal('HEAD of an answer with a length', ['HEAD', '/length/1000']),
  legal('HEAD of an answer in chunks', ['HEAD', '/chunked/1000']),
  legal('HEAD of an answer up to the close', ['HEAD', '/close/1000']),
  legal('early hints', ['GET', '/hints']),
  legal('processing', ['GET', '/processing']),
  legal('an answer with trailers', ['GET', '/trailers'], 'TE: trailers\r\n'),
  legal('an answer with many fields', ['GET', '/fields']),
  legal('an answer with a reason of its own', ['GET', '/reason']),
];

export const LEGAL_BODIES: readonly LegalRequest[] = [...BODIES, ...ANSWERS];
