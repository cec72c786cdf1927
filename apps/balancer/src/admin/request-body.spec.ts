// Bodies over real sockets: whole, too large, broken off, and clients that never finish.
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { RequestError } from './failure.js';
import { MAX_BODY_BYTES, readBody } from './request-body.js';

let server: Server;
let outcomes: (string | RequestError)[];

beforeEach(async () => {
  outcomes = [];
  server = createServer((incoming, response) => {
    readBody(incoming).then(
      (text) => {
        outcomes.push(text);
        response.end(String(text.length));
      },
      (error: RequestError) => {
        outcomes.push(error);
        response.writeHead(error.status, error.headers).end(error.message);
      },
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const port = () => (server.address() as AddressInfo).port;

function post(body: string | Buffer): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ port: port(), method: 'POST', path: '/' }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode, text }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

it('a body of exactly 64 KiB is read whole', async () => {
  expect(await post('x'.repeat(MAX_BODY_BYTES))).toEqual({ status: 200, text: String(MAX_BODY_BYTES) });
});

it('a packed body is refused with 415 that names the field', async () => {
  const outgoing = request({ port: port(), method: 'POST', headers: { 'content-encoding': 'gzip' } });
  outgoing.end('x');
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  expect(response.statusCode).toBe(415);
  expect(response.headers['accept-encoding']).toBe('identity');
  expect(String(await response.toArray())).toBe('content-encoding must not be "gzip": send the body as it is');
});

it('no body is an empty text', async () => {
  expect(await post('')).toEqual({ status: 200, text: '0' });
});

it('characters that two chunks share stay whole', async () => {
  const socket = connect(port(), '127.0.0.1');
  const bytes = Buffer.from('{"n":"ä"}');
  socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${bytes.length}\r\nConnection: close\r\n\r\n`);
  socket.write(bytes.subarray(0, 7));
  await new Promise((resolve) => setImmediate(resolve));
  socket.end(bytes.subarray(7));
  await once(socket.resume(), 'close');
  expect(outcomes).toEqual(['{"n":"ä"}']);
});

it.each([
  ['one byte above 64 KiB', MAX_BODY_BYTES + 1],
  ['four MiB', 4 * 1024 * 1024],
])('a body of %s is refused with 413, and the client sees the answer', async (_size, bytes) => {
  expect(await post(Buffer.alloc(bytes, 'x'))).toEqual({ status: 413, text: expect.stringContaining('65536') });
});

it('a client that goes on and on is cut off', async () => {
  const socket = connect(port(), '127.0.0.1');
  socket.resume();
  socket.on('error', () => undefined); // a reset: its bytes are still under way
  const block = Buffer.alloc(256 * 1024, 'x');
  const flood = () => {
    while (!socket.destroyed && socket.write(block));
  };
  socket.on('drain', flood);
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n');
  flood();
  await new Promise((resolve) => socket.once('close', resolve));
  expect(outcomes).toEqual([expect.objectContaining({ status: 413 })]);
  expect(socket.bytesWritten).toBeLessThan(64 * 1024 * 1024);
});

it('a client that stops in the middle of too much gets its answer all the same', async () => {
  const socket = connect(port(), '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString()));
  socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n${'x'.repeat(MAX_BODY_BYTES + 1)}`);
  await once(socket, 'close');
  expect(text).toMatch(/^HTTP\/1\.1 413 /);
}, 10_000);

it('a client that breaks off is an error of its own, not a body', async () => {
  const socket = connect(port(), '127.0.0.1');
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"n":1}');
  await once(server, 'request');
  socket.destroy();
  await new Promise<void>((resolve) => {
    const look = () => (outcomes.length > 0 ? resolve() : void setImmediate(look));
    look();
  });
  expect(outcomes).toEqual([expect.objectContaining({ status: 400 })]);
});
