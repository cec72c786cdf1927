import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { inOnePiece, WriteBuffer } from './write-buffer.js';

let server: Server | undefined;
const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server?.close();
});

/** Two ends of a connection; nobody reads from the other yet. */
async function ends(): Promise<{ near: Socket; far: Socket }> {
  server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [far] = await accepted;
  sockets.push(near, far);
  if (near.connecting) await once(near, 'connect');
  return { near, far };
}

async function readAll(far: Socket, length: number): Promise<string> {
  const parts: Buffer[] = [];
  let read = 0;
  far.on('data', (part) => {
    parts.push(part);
    read += part.length;
    if (read >= length) far.emit('read');
  });
  const whole = once(far, 'read');
  far.resume();
  await whole;
  return Buffer.concat(parts).toString('latin1');
}

describe('WriteBuffer', () => {
  it('puts texts and bytes together to one message, whatever its length', async () => {
    const { near, far } = await ends();
    const out = new WriteBuffer(true);
    const long = 'long '.repeat(40_000);
    out.text('é: ');
    out.copy(Buffer.from('-bytes-'), 1, 6);
    out.text(long);
    expect(out.length).toBe(3 + 5 + long.length);
    out.writeTo(near);
    expect(out.length).toBe(0);
    out.text('next');
    out.writeTo(near);
    expect(await readAll(far, 12 + long.length)).toBe(`é: bytes${long}next`);
  });

  it('keeps what a slow reader has not taken yet from the messages that come after it', async () => {
    const { near, far } = await ends();
    const out = new WriteBuffer(true);
    let sent = '';
    for (let k = 0; near.writableLength < 1_000_000; k++) {
      const message = `${k} `.repeat(k % 7 === 0 ? 3000 : 10);
      out.text(message);
      out.writeTo(near);
      sent += message;
    }
    expect((await readAll(far, sent.length)) === sent).toBe(true);
  });
});

it('a text in one piece is the same text', () => {
  const text = ['GET ', '/é', ' HTTP/1.1'].join('');
  expect(inOnePiece(text.slice(1) + text)).toBe(text.slice(1) + text);
});
