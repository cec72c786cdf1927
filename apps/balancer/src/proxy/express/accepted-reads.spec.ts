import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { type OnRead, readInto, readOn } from './accepted-reads.js';

let server: Server | undefined;
const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server?.close();
});

/** A connection whose accepted end is read so. */
async function accept(memory: Buffer, reader: OnRead, plain = false): Promise<{ client: Socket; accepted: Socket }> {
  const listening = createServer((socket) => {
    if (plain) hideOption(socket);
    readInto(socket, memory, reader);
  });
  server = listening.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const connection = once(server, 'connection') as Promise<[Socket]>;
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [accepted] = await connection;
  sockets.push(client, accepted);
  return { client, accepted };
}

/** As of a Node whose handles read into no memory but their own. */
function hideOption(socket: Socket): void {
  const { _handle: handle } = socket as unknown as { _handle: object };
  Object.defineProperty(handle, 'useUserBuffer', { value: undefined });
}

/** Tells of each read. */
function reads(): { reader: OnRead; next: () => Promise<{ bytes: Buffer; text: string }> } {
  const came: { bytes: Buffer; text: string }[] = [];
  let tell: (() => void) | undefined;
  return {
    reader: (bytes, count) => {
      came.push({ bytes, text: bytes.toString('latin1', 0, count) });
      tell?.();
    },
    next: async () => {
      while (came.length === 0) await new Promise<void>((resolve) => (tell = resolve));
      return came.shift() as { bytes: Buffer; text: string };
    },
  };
}

it('reads into the memory that it is given, on the Node that this runs on', async () => {
  const memory = Buffer.alloc(64);
  const { reader, next } = reads();
  const { client } = await accept(memory, reader);
  for (const text of ['one', 'two']) {
    client.write(text);
    const read = await next();
    expect(read.text).toBe(text);
    expect(read.bytes).toBe(memory);
  }
});

describe.each([
  ['into memory of ours', false],
  ['as node reads by itself, where it knows of no other way', true],
])('a socket that is read %s', (_name, plain) => {
  it('tells its reader all that comes, and of its end', async () => {
    const { reader, next } = reads();
    const { client, accepted } = await accept(Buffer.alloc(64), reader, plain);
    const ended = once(accepted, 'end');
    client.end('last words');
    expect((await next()).text).toBe('last words');
    await ended;
  });

  it('tells nothing while it is paused', async () => {
    const { reader, next } = reads();
    const { client, accepted } = await accept(Buffer.alloc(64), reader, plain);
    client.write('one');
    await next();
    accepted.pause();
    client.write('two');
    let early = false;
    const later = next().then(({ text }) => {
      early = accepted.isPaused();
      return text;
    });
    // Round trips on another connection: time enough for the bytes to come.
    for (let round = 0; round < 5; round++) await once(connectOnce(), 'close');
    accepted.resume();
    expect([await later, early]).toEqual(['two', false]);
  });

  it('is a stream like any other from `readOn` on, whose bytes are its own (TRAPS 28)', async () => {
    const memory = Buffer.alloc(64);
    const { reader, next } = reads();
    const { client, accepted } = await accept(memory, reader, plain);
    client.write('ours');
    await next();
    readOn(accepted);
    accepted.pause();
    accepted.unshift(Buffer.from('put back '));
    const parts: Buffer[] = [];
    accepted.on('data', (part: Buffer) => {
      parts.push(part);
      memory.fill(0xaa);
    });
    accepted.resume();
    client.write('and ');
    await once(accepted, 'data');
    client.end('theirs');
    await once(accepted, 'end');
    expect(Buffer.concat(parts).toString()).toBe('put back and theirs');
  });

  function connectOnce(): Socket {
    const socket = connect((server?.address() as AddressInfo).port, '127.0.0.1', () => socket.end());
    socket.resume();
    server?.once('connection', (other: Socket) => other.end());
    sockets.push(socket);
    return socket;
  }
});
