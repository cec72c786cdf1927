// What clients and replicas send is read into memory that all connections share: no client may see what another one was sent, and no
// replica gets of one client's request what another one sent. Under test, the
// express lane overwrites that memory after each use, so that whoever kept it without a copy is found out.
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type InlinePlane, startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';
import { type RawClient, rawClient } from '../testing/raw-client.js';
import { startHostile, startRawHttp, type Upstream } from '../testing/upstream.js';

// Many rounds, on a machine that may be busy.
jest.setTimeout(60_000);

const MIB = 1024 ** 2;

describe.each(LANES)('bytes that replicas sent, in the %s lane', (lane) => {
  let plane: InlinePlane;
  let replica: { readonly port: number; close(): Promise<void> };
  afterEach(async () => {
    await plane.close();
    await replica.close();
  });
  async function route(): Promise<void> {
    plane = await startInlinePlane({ express: lane === 'express' });
    await plane.route([{ replica: 'A', port: replica.port }]);
  }

  it('are overwritten behind whoever reads them: this suite runs under NODE_ENV=test', () => {
    plane = { close: async () => {} } as InlinePlane;
    replica = { port: 0, close: async () => {} };
    expect(process.env.NODE_ENV).toBe('test');
  });

  it('go to the client that asked, where a head comes in two parts and another answer in between (TRAPS 28)', async () => {
    const slow: Socket[] = [];
    const head = 'HTTP/1.1 200 OK\r\nSet-Cookie: of=the-slow-one\r\nContent-Length: 4\r\n\r\nslow';
    const quick = 'HTTP/1.1 200 OK\r\nSet-Cookie: of=the-fast-one\r\nContent-Length: 4\r\n\r\nfast';
    let at = 0;
    replica = await startHostile((socket) =>
      socket.on('data', (bytes) => {
        if (!bytes.includes('/slow')) return void socket.write(quick);
        // Else the second part might wait for the system.
        slow.push(socket.setNoDelay(true));
        socket.write(head.slice(0, at));
      }),
    );
    await route();
    const [a, b] = [await rawClient(plane.port), await rawClient(plane.port)];
    const answers = async (client: RawClient, count: number) => {
      while ((client.text().match(/\r\n\r\n(?:slow|fast)/g)?.length ?? 0) < count) {
        expect(client.text()).not.toMatch(/HTTP\/1\.1 5/);
        await new Promise(setImmediate);
      }
    };
    for (at = 1; at < head.length; at++) {
      a.write('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n');
      while (slow.length < at) await new Promise(setImmediate);
      b.write('GET /fast HTTP/1.1\r\nHost: a\r\n\r\n');
      await answers(b, at);
      slow[at - 1].write(head.slice(at));
      await answers(a, at);
    }
    expect(a.text().match(/Set-Cookie: of=\S+/g)).toEqual(Array(head.length - 1).fill('Set-Cookie: of=the-slow-one'));
    expect(b.text().match(/Set-Cookie: of=\S+/g)).toEqual(Array(head.length - 1).fill('Set-Cookie: of=the-fast-one'));
    for (const { socket } of [a, b]) socket.destroy();
  });

  it('arrive as they were sent, where answers of one read each pile up at readers who have stopped (TRAPS 28)', async () => {
    const [size, count] = [48 * 1024, 250];
    replica = await startRawHttp(
      ({ url }, response) => void sendAll(response, 'of a length', patterned(Number(url?.slice(1)), size)),
    );
    await route();
    await Promise.all(
      [1, 2].map(async (reader) => {
        const client = await rawClient(plane.port);
        const { socket } = client;
        socket.pause();
        socket.write(`GET /${reader} HTTP/1.1\r\nHost: a\r\n\r\n`.repeat(count - 1));
        socket.write(`GET /${reader} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
        await delay(300);
        socket.resume();
        const { text } = await client.closed();
        const bodies = text.split(/HTTP\/1\.1 200 OK\r\n(?:[^\r\n]+\r\n)+\r\n/).slice(1);
        const sent = patterned(reader, size).toString('latin1');
        expect(bodies.length).toBe(count);
        expect(bodies.every((body) => body === sent)).toBe(true);
      }),
    );
  });

  it.each([
    ['of a length', MIB, 12],
    ['in chunks', MIB, 12],
    ['that the close ends', MIB, 12],
    // More than all buffers on the way hold.
    ['of a length', 16 * MIB, 2],
    ['in chunks', 16 * MIB, 2],
  ])(
    'arrive as they were sent, at many readers who are slow: answers %s of %i bytes to %i at a time (TRAPS 28)',
    async (framing, size, readers) => {
      replica = await startRawHttp(
        (request, response) => void sendAll(response, framing, patterned(Number(request.url?.slice(1)), size)),
      );
      await route();
      await Promise.all(
        Array.from({ length: readers }, async (_, reader) => {
          const received = Buffer.concat(await readSlowly(`${plane.url}/${reader + 1}`, size / 20));
          expect(received.length).toBe(size);
          expect(received.equals(patterned(reader + 1, size))).toBe(true);
        }),
      );
    },
  );
});

describe.each(LANES)('bytes that clients sent, in the %s lane', (lane) => {
  let plane: InlinePlane;
  let replica: Upstream;
  beforeEach(async () => {
    replica = await startRawHttp((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () =>
        response.end(`<${String(request.headers['x-client'])}:${Buffer.concat(parts).toString('latin1')}>`),
      );
    });
    plane = await startInlinePlane({ express: lane === 'express' });
    await plane.route([{ replica: 'A', port: replica.port }]);
  });
  afterEach(async () => {
    await plane.close();
    await replica.close();
  });
  const of = (name: string, body: string) =>
    `POST / HTTP/1.1\r\nHost: a\r\nX-Client: ${name}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

  it('reach the replica as one request each, where one comes in two parts and others in between (TRAPS 28)', async () => {
    const whole = of('slow', 'body-of-the-slow');
    const [slow, fast] = [await rawClient(plane.port), await rawClient(plane.port)];
    const answered = async (client: RawClient, body: string, count: number) => {
      while (client.text().split(body).length <= count) {
        expect(client.text()).not.toMatch(/HTTP\/1\.1 [45]/);
        await new Promise(setImmediate);
      }
    };
    for (let at = 1; at < whole.length; at++) {
      slow.write(whole.slice(0, at));
      fast.write(of('fast', 'body-of-the-fast'));
      await answered(fast, '<fast:body-of-the-fast>', at);
      slow.write(whole.slice(at));
      await answered(slow, '<slow:body-of-the-slow>', at);
    }
    for (const { socket } of [slow, fast]) socket.destroy();
  });

  it('reach the replica in order and whole, where each of many clients sends all its requests ahead (TRAPS 28)', async () => {
    const names = ['one', 'two', 'three'];
    const bodies = Array.from({ length: 9 }, (_, k) => `${k}.`.repeat(1 + k * 170));
    const texts = await Promise.all(
      names.map(async (name) => {
        const client = await rawClient(plane.port);
        client.write(bodies.map((body) => of(name, body)).join(''));
        const last = `<${name}:${bodies.at(-1)}>`;
        while (!client.text().includes(last)) await new Promise(setImmediate);
        client.socket.destroy();
        return client.text();
      }),
    );
    texts.forEach((text, k) => expect(text.match(/<[^>]*>/g)).toEqual(bodies.map((body) => `<${names[k]}:${body}>`)));
  });

  it.each([
    ['of a length', 20_000, 8],
    ['of a length', 64 * 1024, 8],
    ['in chunks', 64 * 1024, 8],
    ['of a length', MIB, 8],
    ['in chunks', MIB, 8],
    // More than all buffers on the way hold.
    ['of a length', 16 * MIB, 2],
    ['in chunks', 16 * MIB, 2],
  ])(
    'arrive as they were sent, time and again, where a replica is slow and another one breaks off: bodies %s of %i bytes, of %i clients at a time (TRAPS 28)',
    async (framing, size, clients) => {
      await replica.close();
      const arrived: boolean[] = [];
      replica = await startRawHttp((request, response) => {
        void readPaced(request, size / 20).then((chunks) => {
          arrived.push(Buffer.concat(chunks).equals(patterned(Number(request.url?.slice(1)), size)));
          response.end();
        });
      });
      const breaking = await startHostile((socket) => socket.once('data', () => socket.resetAndDestroy()));
      // What is longer than RETRY_BUFFER can be sent to nobody else.
      const others = size > 64 * 1024 ? [] : [{ replica: 'B', port: breaking.port }];
      await plane.route([{ replica: 'A', port: replica.port }, ...others]);
      const agent = new Agent({ keepAlive: true });
      const statuses = await Promise.all(
        Array.from({ length: clients }, async (_, client) => {
          const seen: (number | undefined)[] = [];
          for (let round = 0; round < 4; round++) {
            const seed = 1 + client + 8 * round;
            const request = httpRequest(`${plane.url}/${seed}`, { agent, method: 'PUT' });
            if (framing === 'of a length') request.setHeader('Content-Length', size);
            request.end(patterned(seed, size));
            const [response] = (await once(request, 'response')) as [IncomingMessage];
            seen.push(response.statusCode);
            response.resume();
            await once(response, 'end');
          }
          return seen;
        }),
      );
      agent.destroy();
      await breaking.close();
      const count = clients * 4;
      expect(statuses.flat()).toEqual(Array(count).fill(200));
      expect(arrived).toEqual(Array(count).fill(true));
    },
  );
});

/** Bytes that no other seed has at the same place, and that no block of a power of two repeats. */
function patterned(seed: number, size: number): Buffer {
  const block = Buffer.alloc(65_521);
  for (let index = 0; index < block.length; index++)
    block[index] = (index * (2 * seed + 1) + (index >> 8) * 7 + seed) & 0xff;
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at += block.length) block.copy(bytes, at);
  return bytes;
}

async function sendAll(response: ServerResponse, framing: string, bytes: Buffer): Promise<void> {
  if (framing === 'of a length') response.setHeader('Content-Length', bytes.length);
  if (framing === 'that the close ends') response.useChunkedEncodingByDefault = response.shouldKeepAlive = false;
  for (let at = 0; at < bytes.length; at += 100_000) {
    if (!response.write(bytes.subarray(at, at + 100_000)))
      await Promise.race([once(response, 'drain'), once(response, 'close')]);
  }
  response.end();
}

/** @param pace bytes after which it rests */
async function readSlowly(url: string, pace: number): Promise<Buffer[]> {
  const request = httpRequest(url, { agent: false }).end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  await delay(30);
  return readPaced(response, pace);
}

async function readPaced(message: IncomingMessage, pace: number): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  let since = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    since += chunk.length;
    if (since < pace) continue;
    since = 0;
    await delay(2);
  }
  return chunks;
}
