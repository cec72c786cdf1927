// Requests that are sent before the answer to the one before, on the wire. The standard lane asks replicas for all of them at once,
// so an answer may have to wait for its turn, without a connection of its own. The express lane takes one after the other.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { type InlinePlane, startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';
import { rawClient } from '../testing/raw-client.js';
import { startRawHttp, type Upstream } from '../testing/upstream.js';

describe.each(LANES)('pipelining, in the %s lane', (lane) => {
  const UPGRADE =
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

  describe('an answer on a connection with several requests', () => {
    let plane: InlinePlane;
    let replica: Upstream;
    /** Answers that wait for the test, by path. */
    const waiting = new Map<string, ServerResponse>();
    beforeEach(async () => {
      replica = await startRawHttp((request, response) => {
        request.resume();
        waiting.set(request.url ?? '', response);
      });
      plane = await startInlinePlane({ express: lane === 'express' });
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

    /** Requests of three that are under way at a time. */
    const together = lane === 'standard' ? 3 : 1;

    it('that waits for the one before gives its claim back with its client', async () => {
      const client = await rawClient(plane.port, get('/first') + get('/second') + get('/third'));
      await until(() => waiting.size === together);
      expect(plane.claims.inFlight(0)).toBe(together);
      client.socket.destroy();
      await until(() => plane.claims.inFlight(0) === 0);
      // Who had to wait for its turn was never sent.
      expect(waiting.size).toBe(together);
    });

    it('that breaks off before its turn ends the connection, after the one before and without a byte of its own', async () => {
      const client = await rawClient(plane.port, get('/first') + get('/second') + get('/third'));
      await until(() => waiting.size === together);
      if (lane === 'express') {
        answer('/first').end('the first');
        await until(() => waiting.has('/second'));
        answer('/second').writeHead(200, { 'Content-Length': 100 }).write('half an answer');
        await until(() => plane.claims.outcomes(0).answered === 2);
        answer('/second').socket?.destroy();
        expect((await client.closed()).text).toMatch(/\r\n\r\nthe first/);
        expect(waiting.has('/third')).toBe(false);
        return;
      }
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

    it('that breaks off takes what was sent behind it along', async () => {
      // So that a connection to the replica is idle: what is sent goes out at once.
      const warm = await rawClient(plane.port, get('/warm'));
      await until(() => waiting.has('/warm'));
      const client = await rawClient(plane.port, get('/first'));
      await until(() => waiting.has('/first'));
      answer('/warm').end('warm');
      await warm.until(/warm$/);
      answer('/first').writeHead(200, { 'Content-Length': 100 }).write('half an answer');
      await client.until(/half an answer$/);
      if (lane === 'express') client.write(get('/second'));
      answer('/first').socket?.destroy();
      expect((await client.closed()).reset).toBe(true);
      // Had it been sent before this one, it would be here.
      warm.write(get('/last'));
      await until(() => waiting.has('/last'));
      expect(waiting.has('/second')).toBe(false);
      warm.socket.destroy();
    });

    it.each([
      ['a WebSocket, which therefore is none', 'GET /ws', UPGRADE, 'no tunnel'],
      ['a CONNECT, which is refused', 'CONNECT a:1', '', 'not_implemented'],
    ])('comes before that to %s', async (_what, line, fields, second) => {
      const client = await rawClient(plane.port, get('/first') + `${line} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
      await until(() => waiting.has('/first'));
      // Behind nothing that waits, a handshake is one: this replica does not take it.
      if (lane === 'express') answer('/first').end('the first');
      if (line.startsWith('GET')) {
        await until(() => waiting.has('/ws'));
        answer('/ws').end('no tunnel');
      }
      if (lane === 'standard') answer('/first').end('the first');
      const text = await client.until(new RegExp(`\\r\\n\\r\\nthe firstHTTP/1\\.1 [^]*${second}`));
      expect(text).toMatch(/^HTTP\/1\.1 200 /);
      client.socket.destroy();
    });
  });
});
