// Owns what is asked and answered: the bytes of a request as a browser sends it, with 12 fields, and how long its answer is. Pure.

/** Paths of the answering servers, and the bytes of the body that each answers with. */
export const ANSWERS = {
  '/small': 64,
  '/page': 16 * 1024,
  '/download': 1024 * 1024,
  '/upload': 64,
  // Of the sample replica, whose name has eight characters.
  '/home': 63,
} as const satisfies Record<string, number>;

export type Path = keyof typeof ANSWERS;

export interface Ask {
  readonly path: Path;
  /** Bytes of the body that is sent; 0: a GET. */
  readonly upload: number;
  /** The client says `Connection: close`, and opens another one for its next request. */
  readonly close: boolean;
  /** Every second client sends a traceparent. */
  readonly traced?: boolean;
}

/** Keys are what hashing goes by: so many different ones are sent. */
const KEYS = 64;

const FIELDS = [
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'Accept-Language: en-US,en;q=0.9,de;q=0.8',
  'Accept-Encoding: gzip, deflate, br',
  'Cache-Control: no-cache',
  'Referer: http://shop.example/catalogue/shoes?page=3&sort=price',
  'Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; consent=yes',
  'Sec-Fetch-Dest: document',
  'Sec-Fetch-Mode: navigate',
];

const SPAN = 'traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-';
const TRACEPARENT = `${SPAN}00f067aa0ba902b7-01`;

/** Gives a request that has a traceparent another span than the one before: whoever traces repeats no head. */
export function renewSpan(request: Uint8Array, count: number): void {
  const at = Buffer.from(request.buffer, request.byteOffset, request.length).indexOf(SPAN, 0, 'latin1');
  if (at >= 0) new TextEncoder().encodeInto(count.toString(16).padStart(8, '0'), request.subarray(at + SPAN.length));
}

/** @param client number of the connection: it decides on the key */
export function requestBytes({ path, upload, close, traced = false }: Ask, client: number): Uint8Array<ArrayBuffer> {
  const head = [
    `${upload > 0 ? 'POST' : 'GET'} ${path}?client=${client % KEYS} HTTP/1.1`,
    'Host: shop.example',
    ...FIELDS,
    `X-Hash-Key: user-${client % KEYS}`,
    ...(traced && client % 2 === 1 ? [TRACEPARENT] : []),
    `Connection: ${close ? 'close' : 'keep-alive'}`,
    ...(upload > 0 ? ['Content-Type: application/octet-stream', `Content-Length: ${upload}`] : []),
    '',
    '',
  ].join('\r\n');
  const bytes = new Uint8Array(head.length + upload).fill(0x78);
  new TextEncoder().encodeInto(head, bytes);
  return bytes;
}
