import { afterEach, describe, expect, it } from '@jest/globals';
import type { DataSettings } from '../../routing/link/messages.js';
import { startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';
import { rawClient } from '../testing/raw-client.js';
import { refusedPort, startHostile, startUpstream } from '../testing/upstream.js';

describe.each(LANES)('tracing, in the %s lane', (lane) => {
  const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
  const PARENT = '00f067aa0ba902b7';
  const TRACEPARENT = `00-${TRACE}-${PARENT}-00`;

  describe('tracing', () => {
    const ends: (() => Promise<unknown>)[] = [];
    afterEach(async () => {
      for (const end of ends.splice(0).reverse()) await end();
    });

    async function planeWith(settings: Partial<DataSettings>) {
      const lines: Record<string, unknown>[] = [];
      const plane = await startInlinePlane(
        { express: lane === 'express', ...settings },
        {
          writeAccess: ({ bytes }, done) => {
            for (const line of Buffer.from(bytes).toString().split('\n').slice(0, -1))
              lines.push(JSON.parse(line) as Record<string, unknown>);
            done();
          },
        },
      );
      ends.push(() => plane.close());
      const upstream = await startUpstream('one');
      ends.push(() => upstream.close());
      await plane.route([{ id: 'i1', replica: 'Server 1', port: upstream.port }]);
      return { plane, upstream, lines };
    }

    it('is not ours to do unless it is on: the fields pass untouched, malformed ones too', async () => {
      const { plane, upstream } = await planeWith({ trace: false });
      await fetch(plane.url, { headers: { traceparent: TRACEPARENT, tracestate: 'a=1' } });
      await fetch(plane.url, { headers: { traceparent: 'nonsense', tracestate: 'a=1' } });
      await fetch(plane.url);
      expect(upstream.seen.map(({ headers }) => [headers.traceparent, headers.tracestate])).toEqual([
        [TRACEPARENT, 'a=1'],
        ['nonsense', 'a=1'],
        [undefined, undefined],
      ]);
    });

    it('carries a trace on with a span of its own, which the access log has', async () => {
      const { plane, upstream, lines } = await planeWith({
        trace: true,
        accessLog: { part: 1, format: 'json', file: null, mask: [] },
      });
      await fetch(plane.url, { headers: { traceparent: TRACEPARENT, tracestate: 'b=2,a=1' } });
      await plane.close();
      const { traceparent, tracestate } = upstream.seen[0].headers;
      const [, traceId, spanId, flags] = String(traceparent).split('-');
      expect([traceId, flags, tracestate]).toEqual([TRACE, '00', 'b=2,a=1']);
      expect(spanId).not.toBe(PARENT);
      expect(lines[0]).toMatchObject({ trace_id: TRACE, span_id: spanId, parent_span_id: PARENT, trace_flags: '00' });
    });

    it.each([[undefined], ['nonsense'], [`00-${'0'.repeat(32)}-${PARENT}-01`]])(
      'begins a trace where traceparent is %s, and drops the state of no trace',
      async (given) => {
        const { plane, upstream } = await planeWith({ trace: true });
        await fetch(plane.url, { headers: { ...(given && { traceparent: given }), tracestate: 'a=1' } });
        const { traceparent, tracestate } = upstream.seen[0].headers;
        expect(traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
        expect(tracestate).toBeUndefined();
      },
    );

    it('takes two traceparent fields for none, as it cannot tell which is meant', async () => {
      const { plane, upstream } = await planeWith({ trace: true });
      const fields = `traceparent: ${TRACEPARENT}\r\ntraceparent: ${TRACEPARENT}\r\n`;
      const client = await rawClient(plane.port, `GET / HTTP/1.1\r\nHost: a\r\n${fields}Connection: close\r\n\r\n`);
      await client.closed();
      expect(upstream.seen[0].rawHeaders.filter((name) => name === 'traceparent')).toHaveLength(1);
      expect(upstream.seen[0].headers.traceparent).not.toContain(TRACE);
    });

    it('keeps the states of several fields, in their order', async () => {
      const { plane, upstream } = await planeWith({ trace: true });
      const fields = `traceparent: ${TRACEPARENT}\r\ntracestate: b=2\r\ntracestate: a=1\r\n`;
      const client = await rawClient(plane.port, `GET / HTTP/1.1\r\nHost: a\r\n${fields}Connection: close\r\n\r\n`);
      await client.closed();
      expect(upstream.seen[0].headers.tracestate).toBe('b=2, a=1');
    });

    it('gives all tries of a request the same span, and each request one of its own', async () => {
      const { plane, upstream } = await planeWith({ trace: true });
      const dead = await refusedPort();
      await plane.route([
        { id: 'i1', replica: 'Server 1', port: upstream.port },
        { id: 'i2', replica: 'Server 2', port: dead },
      ]);
      for (let request = 0; request < 20; request++)
        await fetch(plane.url, { headers: { traceparent: TRACEPARENT, 'x-hash-key': `${request}` } });
      expect(new Set(upstream.seen.map(({ headers }) => headers.traceparent)).size).toBe(20);
    });

    it('carries the handshake of a WebSocket on, too', async () => {
      const { plane } = await planeWith({ trace: true });
      let seen = '';
      const hostile = await startHostile((socket) =>
        socket.on('data', (chunk) => {
          seen += chunk.toString();
          socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n');
        }),
      );
      ends.push(() => hostile.close());
      await plane.route([{ id: 'i2', replica: 'Server 2', port: hostile.port }]);
      const upgrade =
        'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n';
      const client = await rawClient(
        plane.port,
        `GET / HTTP/1.1\r\nHost: a\r\n${upgrade}traceparent: ${TRACEPARENT}\r\n\r\n`,
      );
      await client.until(/400/);
      expect(seen).toMatch(new RegExp(`traceparent: 00-${TRACE}-(?!${PARENT})[0-9a-f]{16}-00`));
      client.socket.destroy();
    });
  });
});
