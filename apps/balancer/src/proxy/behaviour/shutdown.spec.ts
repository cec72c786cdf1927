import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type InlinePlane, startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';
import { rawClient } from '../testing/raw-client.js';
import { startRawHttp, type Upstream } from '../testing/upstream.js';

describe.each(LANES)('a shutdown, for the clients, in the %s lane', (lane) => {
  let plane: InlinePlane;
  let replica: Upstream;
  /** Answers that wait for the test, by path. */
  const waiting = new Map<string, ServerResponse>();
  beforeEach(async () => {
    replica = await startRawHttp((request, response) => {
      const { url = '' } = request;
      request.resume();
      if (url.startsWith('/wait')) waiting.set(url, response);
      else response.end('at once');
    });
    plane = await startInlinePlane({ express: lane === 'express' });
    await plane.route([{ replica: 'A', port: replica.port }]);
  });
  afterEach(async () => {
    await replica.close();
    waiting.clear();
  });
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
  const arrived = async (path: string) => {
    while (!waiting.has(path)) await new Promise(setImmediate);
    return waiting.get(path) as ServerResponse;
  };

  it('closes idle connections at once', async () => {
    const idle = await rawClient(plane.port, get('/'));
    await idle.until(/at once/);
    const stopped = plane.link.shutdown(5000);
    expect((await idle.closed()).text).toMatch(/at once$/);
    await stopped;
  });

  it('says Connection: close in each answer from then on, also to a request that comes later on a connection in use', async () => {
    const [first, other] = [await rawClient(plane.port, get('/wait/1')), await rawClient(plane.port, get('/wait/2'))];
    const answers = [await arrived('/wait/1'), await arrived('/wait/2')];
    const stopped = plane.link.shutdown(5000);
    await plane.plane.closed;
    // Pipelined behind the one that is being answered.
    first.write(get('/later'));
    answers[0].end('first');
    const { text } = await first.closed();
    expect(text).toMatch(/^HTTP\/1.1 200 OK[^]*Connection: close\r\n[^]*first/);
    expect(text.match(/HTTP\/1.1/g)?.length).toBe(text.match(/Connection: close/g)?.length);
    answers[1].end('second');
    expect((await other.closed()).text).toMatch(/Connection: close\r\n[^]*second/);
    await stopped;
  });

  it('keeps no client on a connection whose answer had begun before it', async () => {
    const client = await rawClient(plane.port, get('/wait/stream'));
    const other = await rawClient(plane.port, get('/wait/other'));
    const answer = await arrived('/wait/stream');
    answer.write('begun, ');
    await client.until(/begun/);
    const held = await arrived('/wait/other');
    const stopped = plane.link.shutdown(5000);
    await plane.plane.closed;
    answer.end('ended');
    // While others are still being served: the connection is not left open for the next request.
    expect((await client.closed()).text).toMatch(/begun[^]*ended/);
    held.end('done');
    await other.closed();
    await stopped;
  });

  it('leaves nobody without the end of an answer that is slow to read', async () => {
    const accepted: Socket[] = [];
    const onAccepted = (message: unknown) => void accepted.push((message as { socket: Socket }).socket);
    subscribe('net.server.socket', onAccepted);
    const client = await rawClient(plane.port, get('/wait/long'));
    client.socket.pause();
    const answer = await arrived('/wait/long');
    unsubscribe('net.server.socket', onAccepted);
    const behind = accepted.find(({ localPort }) => localPort === plane.port) as Socket;
    const piece = 'x'.repeat(10_000);
    let pieces = 0;
    // Until the system takes no more: the end of the answer is with the balancer then, and with nobody else.
    do {
      answer.write(piece);
      pieces++;
      while (behind.bytesWritten < pieces * piece.length) await new Promise(setImmediate);
    } while (behind.writableLength === 0);
    answer.end();
    while (plane.claims.inFlight(0) > 0) await new Promise(setImmediate);
    const stopped = plane.link.shutdown(5000);
    await plane.plane.closed;
    client.socket.resume();
    const { text } = await client.closed();
    expect(text.split('x').length - 1).toBeGreaterThanOrEqual(pieces * piece.length);
    expect(text).toMatch(/\r\n0\r\n\r\n$/);
    await stopped;
  });
});
