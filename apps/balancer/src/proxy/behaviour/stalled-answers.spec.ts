// Answers under way that do not move on: who is waited for decides how long.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import type { DataSettings } from '../../routing/link/messages.js';
import { eventually } from '../../runtime/testing/eventually.js';
import { type InlinePlane, startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';
import { rawClient } from '../testing/raw-client.js';
import { startRawHttp, type Upstream } from '../testing/upstream.js';

let plane: InlinePlane;
let express: boolean;
let upstream: Upstream;
afterEach(async () => {
  await plane.close();
  await upstream.close();
});

async function serve(listener: RequestListener, settings: Partial<DataSettings>) {
  upstream = await startRawHttp(listener);
  plane = await startInlinePlane({ express, ...settings });
  await plane.route([{ replica: 'A', port: upstream.port }]);
}

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const inFlight = async () => (await plane.link.counters(1000)).get('A')?.inFlight;
const ends = async (cause: string) =>
  (await plane.link.metrics(1000))?.requests.filter((one) => one.cause === cause && one.count > 0).length;

/** More than all the buffers on the way hold. */
const endless: RequestListener = (_request, response) => {
  const more = () => {
    while (!response.destroyed && response.write('x'.repeat(65_536)));
    response.once('drain', more);
  };
  more();
};

describe.each(LANES)('in the %s lane', (lane) => {
  beforeEach(() => void (express = lane === 'express'));

  describe('a client that does not read its answer', () => {
    it('is cut after IDLE_TIMEOUT, and its replica is free again', async () => {
      await serve(endless, { idleTimeout: 400 });
      const client = await rawClient(plane.port, GET);
      client.socket.pause();
      await eventually(async () => expect(await inFlight()).toBe(1));
      await eventually(async () => expect(await inFlight()).toBe(0));
      expect(await ends('client_stalled')).toBe(1);
      client.socket.resume();
      expect((await client.closed()).reset).toBe(true);
    });

    it('but takes a little of it now and then is left alone', async () => {
      await serve(endless, { idleTimeout: 400 });
      const client = await rawClient(plane.port, GET);
      client.socket.pause();
      const began = performance.now();
      while (performance.now() - began < 1500) {
        // The system tells the balancer of room only once there is a good deal of it.
        const read = client.socket.bytesRead;
        client.socket.resume();
        while (client.socket.bytesRead - read < 500_000) await once(client.socket, 'data');
        client.socket.pause();
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(await inFlight()).toBe(1);
      client.socket.destroy();
    });
  });

  describe('a replica that is silent in the middle of its answer', () => {
    const oneEvent: RequestListener = (_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: 1\n\n');
    };

    it('is waited for, so that event streams live on', async () => {
      await serve(oneEvent, { idleTimeout: 150 });
      const client = await rawClient(plane.port, GET);
      await client.until(/data: 1/);
      await new Promise((resolve) => setTimeout(resolve, 700));
      expect([client.socket.destroyed, await inFlight()]).toEqual([false, 1]);
      client.socket.destroy();
      await eventually(async () => expect(await inFlight()).toBe(0));
    });

    it('is waited for no longer than STREAM_TIMEOUT', async () => {
      await serve(oneEvent, { streamTimeout: 200 });
      const client = await rawClient(plane.port, GET);
      expect(await client.closed()).toMatchObject({ reset: true });
      expect(client.text()).toContain('data: 1');
      expect([await inFlight(), await ends('mid_stream')]).toEqual([0, 1]);
    });

    it('and does not take the rest of the body either, is given up after IDLE_TIMEOUT', async () => {
      await serve((_request, response) => void response.write('early'), { idleTimeout: 300, retryBuffer: 0 });
      const client = await rawClient(plane.port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n');
      const chunk = Buffer.alloc(65_536);
      const feed = () => {
        while (!client.socket.destroyed && client.socket.write(chunk));
      };
      client.socket.on('drain', feed);
      feed();
      await client.until(/early/);
      await client.closed();
      expect([await inFlight(), await ends('mid_stream')]).toEqual([0, 1]);
    });
  });
});
