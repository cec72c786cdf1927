// Requests that are sent before the answer to the one before, on the wire: an answer that has to wait for its turn has no
// connection of its own yet.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { type InlinePlane, startInlinePlane } from './testing/inline-plane.js';
import { rawClient } from './testing/raw-client.js';
import { startRawHttp, type Upstream } from './testing/upstream.js';

describe('an answer that waits for the one before', () => {
  let plane: InlinePlane;
  let replica: Upstream;
  /** Answers that wait for the test, by path. */
  const waiting = new Map<string, ServerResponse>();
  beforeEach(async () => {
    replica = await startRawHttp((request, response) => {
      request.resume();
      waiting.set(request.url ?? '', response);
    });
    plane = await startInlinePlane();
    await plane.route([{ replica: 'A', port: replica.port }]);
  });
  afterEach(async () => {
    await plane.close();
    await replica.close();
    waiting.clear();
  });
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
  const until = async (holds: () => boolean) => {
    while (!holds()) await new Promise(setImmediate);
  };
  const answer = (path: string) => waiting.get(path) as ServerResponse;

  it('gives its claim back with its client, as all do that wait', async () => {
    const client = await rawClient(plane.port, get('/first') + get('/second') + get('/third'));
    await until(() => waiting.size === 3);
    expect(plane.claims.inFlight(0)).toBe(3);
    client.socket.destroy();
    await until(() => plane.claims.inFlight(0) === 0);
  });

  it('ends the connection when it breaks off, after the one before and without a byte of its own', async () => {
    const client = await rawClient(plane.port, get('/first') + get('/second') + get('/third'));
    await until(() => waiting.size === 3);
    answer('/second').writeHead(200, { 'Content-Length': 100 }).write('half an answer');
    answer('/third').end('third');
    // Its head has arrived here before it breaks off.
    await until(() => plane.claims.outcomes(0).answered === 2);
    answer('/second').socket?.destroy();
    await until(() => plane.claims.inFlight(0) === 1);
    answer('/first').end('the first');
    const { text } = await client.closed();
    expect(text).toMatch(/\r\n\r\nthe first$/);
  });
});
