// Streams of lines over real connections: to readers that leave, that read nothing, that are too many.
import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LogStreams, MAX_STREAMS } from './log-stream.js';

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

type Lines = (signal: AbortSignal) => AsyncIterable<string>;
type End = { readonly failure: unknown };

/** @returns a way to ask, and how each sending ended, in order */
async function serve(lines: Lines, streams = new LogStreams()) {
  const ends: End[] = [];
  server = createServer((_, response) => {
    streams.send(response, lines).then(
      () => ends.push({ failure: undefined }),
      (failure: unknown) => {
        ends.push({ failure });
        response.writeHead(503).end();
      },
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const ask = async () => {
    const request = get({ host: '127.0.0.1', port, agent: false });
    request.on('error', () => {});
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return response;
  };
  return { ask, ends };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const forever = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));

describe('a stream of lines', () => {
  it('is plain text, and ends when the lines do', async () => {
    const { ask } = await serve(async function* () {
      yield 'one';
      yield 'zwei ü';
    });
    const response = await ask();
    expect(response.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
    });
    expect(Buffer.concat(await response.toArray()).toString()).toBe('one\nzwei ü\n');
  });

  it('begins although there is no line yet', async () => {
    const { ask } = await serve(async function* (signal) {
      await forever(signal);
      yield 'too late';
    });
    expect((await ask()).statusCode).toBe(200);
  });

  it('stops its source as soon as the reader has left', async () => {
    let stopped = false;
    const { ask, ends } = await serve(async function* (signal) {
      yield 'one';
      await forever(signal);
      stopped = true;
    });
    (await ask()).destroy();
    await until(() => ends.length === 1);
    expect(stopped).toBe(true);
  });

  it('reads no further than its reader does, and cuts off one that reads nothing', async () => {
    let told = 0;
    const line = 'x'.repeat(64 * 1024);
    const { ask, ends } = await serve(async function* () {
      for (; told < 10_000; told++) yield line;
    }, new LogStreams(100));
    const response = await ask();
    response.on('error', () => {});
    response.pause();
    await until(() => ends.length === 1);
    // What sockets buffer, and no more: nowhere near the 640 MB that there would be.
    expect(told).toBeLessThan(1_000);
  });

  it('is refused when there are too many, and possible again when one has ended', async () => {
    const { ask, ends } = await serve(async function* (signal) {
      yield 'one';
      await forever(signal);
    });
    const all = await Promise.all(Array.from({ length: MAX_STREAMS }, ask));
    expect((await ask()).statusCode).toBe(503);
    expect(ends[0]?.failure).toMatchObject({ status: 503 });
    all[0]?.destroy();
    await until(() => ends.length === 2);
    expect((await ask()).statusCode).toBe(200);
  });

  it('fails as an answer of its own before it has begun, and is cut afterwards', async () => {
    let begin = false;
    const { ask, ends } = await serve(async function* () {
      if (begin) yield 'one';
      throw new Error('broken');
    });
    expect((await ask()).statusCode).toBe(503);
    expect(ends[0]?.failure).toMatchObject({ message: 'broken' });
    begin = true;
    await expect((await ask()).toArray()).rejects.toThrow('aborted');
  });
});
