import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { DataSettings } from '../../routing/link/messages.js';
import { type InlinePlane, startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';
import { rawClient, rawExchange } from '../testing/raw-client.js';
import { startUpstream, type Upstream } from '../testing/upstream.js';

describe.each(LANES)('refusals, in the %s lane', (lane) => {
  let plane: InlinePlane;
  let upstream: Upstream;
  async function serve(settings: Partial<DataSettings> = {}): Promise<void> {
    upstream = await startUpstream('A');
    plane = await startInlinePlane({ express: lane === 'express', ...settings });
    await plane.route([{ replica: 'A', port: upstream.port }]);
  }
  afterEach(async () => {
    await plane.close();
    await upstream.close();
  });

  const HOST = 'Host: a.example\r\n';
  const status = (text: string) => /^HTTP\/1\.1 (\d+)/.exec(text)?.[1];
  const cause = (text: string) => /X-HashFlow-Cause: (\S+)/.exec(text)?.[1];

  function expectRefusal(text: string, code: number, why: string): void {
    expect([status(text), cause(text)]).toEqual([String(code), why]);
    expect(text.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
    expect(text).toMatch(/Connection: close/i);
    expect(text).toMatch(/\r\n\r\n\{"message":"[^"]+","status":"failure"\}$/);
    expect(upstream.seen).toEqual([]);
  }

  describe('a malformed or ambiguous request', () => {
    beforeEach(() => serve());

    it.each([
      ['no HTTP', 'hello\r\n\r\n'],
      ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
      ['another version', `GET / HTTP/9.9\r\n${HOST}\r\n`],
      ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
      ['two Hosts', `GET / HTTP/1.1\r\n${HOST}Host: b\r\n\r\n`],
      ['a Host that is none', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n'],
      ['both framings', `POST / HTTP/1.1\r\n${HOST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
      [
        'both framings the other way round',
        `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n`,
      ],
      ['Transfer-Encoding in HTTP/1.0', 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
      ['two lengths', `POST / HTTP/1.1\r\n${HOST}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd`],
      ['a length that is none', `POST / HTTP/1.1\r\n${HOST}Content-Length: -1\r\n\r\n`],
      ['a coding in disguise', `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
      [
        'a coding twice',
        `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      ],
      ['a blank before the colon', `GET / HTTP/1.1\r\n${HOST}X-A : 1\r\n\r\n`],
      ['a folded field', `GET / HTTP/1.1\r\n${HOST}X-A: 1\r\n 2\r\n\r\n`],
      ['a bare line feed', `GET / HTTP/1.1\n${HOST}X-A: 1\n\n`],
      ['a bare carriage return', `GET / HTTP/1.1\r\n${HOST}X-A: 1\rX-B: 2\r\n\r\n`],
      ['a zero byte', `GET / HTTP/1.1\r\n${HOST}X-A: 1\x002\r\n\r\n`],
      ['a fragment', `GET /a#b HTTP/1.1\r\n${HOST}\r\n`],
      ['a target of no form', `GET nowhere HTTP/1.1\r\n${HOST}\r\n`],
      ['an asterisk', `GET * HTTP/1.1\r\n${HOST}\r\n`],
      ['a user in the authority', `GET http://u:p@a/ HTTP/1.1\r\n${HOST}\r\n`],
    ])('is answered with 400 and never reaches a replica: %s', async (_what, bytes) => {
      const text = await rawExchange(plane.port, bytes);
      // llhttp knows no coding but chunked; ours is the better word for the others.
      if (cause(text) === 'not_implemented') expectRefusal(text, 501, 'not_implemented');
      else expectRefusal(text, 400, 'bad_request');
    });

    it.each([
      ['CONNECT', 'CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n'],
      [
        'a coding that we would have to undo',
        `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
      ],
      ['such a coding alone, which has no end', `GET / HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip\r\n\r\n`],
    ])('is answered with 501, once: %s', async (_what, bytes) => {
      expectRefusal(await rawExchange(plane.port, bytes), 501, 'not_implemented');
    });

    it('is answered with 417 for an expectation that nobody knows', async () => {
      const text = await rawExchange(
        plane.port,
        `POST / HTTP/1.1\r\n${HOST}Expect: magic\r\nContent-Length: 1\r\n\r\n`,
      );
      expectRefusal(text, 417, 'expectation_failed');
    });

    it('behind a good one is refused only after that one’s answer', async () => {
      const text = await rawExchange(plane.port, `GET /good HTTP/1.1\r\n${HOST}\r\ngarbage\r\n\r\n`);
      expect(text).toMatch(/^HTTP\/1.1 200 OK[^]*"\/good"[^]*HTTP\/1.1 400 Bad Request[^]*bad_request/);
      expect(upstream.seen).toHaveLength(1);
    });

    it('in a body answers that very request, and its replica never gets the end of it', async () => {
      const text = await rawExchange(
        plane.port,
        `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n`,
      );
      expectRefusal(text, 400, 'bad_request');
    });
  });

  describe('a head', () => {
    it('larger than MAX_HEAD is answered with 431', async () => {
      await serve({ maxHead: 2048 });
      expectRefusal(
        await rawExchange(plane.port, `GET / HTTP/1.1\r\n${HOST}X-A: ${'x'.repeat(3000)}\r\n\r\n`),
        431,
        'head_too_large',
      );
    });

    // Node does not tell the standard lane of blanks around values, so that it counts none.
    it.each([
      ['a long field', (bytes: number) => `X-A:${'x'.repeat(bytes - 'X-A:\r\n'.length)}\r\n`],
      ['many fields', (bytes: number) => 'X:1\r\n'.repeat(bytes / 5)],
    ])('of exactly MAX_HEAD passes, and with a byte more is answered with 431: %s', async (_what, filled) => {
      await serve({ maxHead: 2048, maxFields: 1000 });
      const rest = 'GET / HTTP/1.1\r\nHost:a\r\nConnection:close\r\n';
      const fields = filled(Math.floor((2000 - rest.length) / 5) * 5);
      const head = (bytes: number) => {
        const last = bytes - rest.length - fields.length - 'X-B:\r\n\r\n'.length;
        return `${rest}${fields}X-B:${'x'.repeat(last)}\r\n\r\n`;
      };
      expectRefusal(await rawExchange(plane.port, head(2049)), 431, 'head_too_large');
      expect(head(2048)).toHaveLength(2048);
      expect(status(await rawExchange(plane.port, head(2048)))).toBe('200');
    });

    it('with more than MAX_FIELDS fields is answered with 431, and no field is dropped in silence', async () => {
      await serve({ maxFields: 10 });
      const fields = (count: number) => Array.from({ length: count }, (_, index) => `X-${index}: 1\r\n`).join('');
      expectRefusal(await rawExchange(plane.port, `GET / HTTP/1.1\r\n${HOST}${fields(10)}\r\n`), 431, 'head_too_large');
      await rawExchange(plane.port, `GET / HTTP/1.1\r\n${HOST}Connection: close\r\n${fields(8)}\r\n`);
      expect(upstream.seen[0].headers).toMatchObject({ 'x-0': '1', 'x-7': '1' });
    });

    it.each([
      ['does not come at all', ''],
      ['stops half way', 'GET / HTTP/1.1\r\nHost: a'],
      ['drips', 'G'],
    ])('that %s is answered with 408 after HEAD_TIMEOUT', async (_what, bytes) => {
      await serve({ headTimeout: 200 });
      expectRefusal(await rawExchange(plane.port, bytes), 408, 'request_timeout');
    });
  });

  describe('a body', () => {
    it('announced to be larger than MAX_BODY is answered with 413 at once, and the client that goes on sending sees it', async () => {
      await serve({ maxBody: 1000 });
      const client = await rawClient(plane.port, `POST / HTTP/1.1\r\n${HOST}Content-Length: 500000\r\n\r\n`);
      await client.until(/\}$/);
      client.write('x'.repeat(500_000));
      const { text, reset } = await client.closed();
      expectRefusal(text, 413, 'body_too_large');
      expect(reset).toBe(false);
    });

    it('that turns out to be larger than MAX_BODY is answered with 413, and its replica never gets the end of it', async () => {
      await serve({ maxBody: 1000 });
      const chunk = `1f4\r\n${'x'.repeat(500)}\r\n`;
      const client = await rawClient(
        plane.port,
        `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${chunk}${chunk}${chunk}`,
      );
      expectRefusal(await client.until(/\}$/), 413, 'body_too_large');
      client.socket.destroy();
    });

    it('of exactly MAX_BODY passes', async () => {
      await serve({ maxBody: 1000 });
      expect((await fetch(plane.url, { method: 'POST', body: 'x'.repeat(1000) })).status).toBe(200);
    });

    it('that stops arriving is answered with 408, and leaves its replica free', async () => {
      await serve({ idleTimeout: 100 });
      const client = await rawClient(plane.port, `POST / HTTP/1.1\r\n${HOST}Content-Length: 10\r\n\r\nhalf`);
      expectRefusal(await client.until(/\}$/), 408, 'request_timeout');
      client.socket.destroy();
      expect((await plane.link.counters(1000)).get('A')?.inFlight).toBe(0);
    });
  });

  describe('what follows a request whose answer closes the connection', () => {
    const NEXT = `GET /next HTTP/1.1\r\n${HOST}\r\n`;

    it.each([
      ['a refused head', `GET * HTTP/1.1\r\n${HOST}\r\n`, '400'],
      ['a refused expectation', `PUT / HTTP/1.1\r\n${HOST}Expect: magic\r\nContent-Length: 1\r\n\r\nx`, '417'],
      ['a refused body', `PUT / HTTP/1.1\r\n${HOST}Content-Length: 2000\r\n\r\n${'x'.repeat(2000)}`, '413'],
    ])('never reaches a replica: %s', async (_what, bytes, code) => {
      await serve({ maxBody: 1000 });
      // Over a connection that stands already, it would go at once.
      await (await fetch(`${plane.url}/before`)).text();
      const text = await rawExchange(plane.port, bytes + NEXT);
      expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual([`HTTP/1.1 ${code}`]);
      // What had been sent on would have arrived before this.
      await fetch(`${plane.url}/after`);
      expect(upstream.seen.map(({ url }) => url)).toEqual(['/before', '/after']);
    });

    it.each([
      ['an Upgrade that was ignored', 'GET', 'Connection: Upgrade\r\nUpgrade: h2c\r\n'],
      ['an expectation without a body', 'GET', 'Expect: 100-continue\r\n'],
      ['Connection: close', 'GET', 'Connection: close\r\n'],
    ])('is left to the client to send again: %s', async (_what, method, fields) => {
      await serve();
      const text = await rawExchange(plane.port, `${method} / HTTP/1.1\r\n${HOST}${fields}\r\n${NEXT}`);
      expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200']);
      expect(text).toMatch(/\r\nConnection: close\r\n/i);
      expect(upstream.seen.map(({ url }) => url)).toEqual(['/']);
    });
  });

  describe('an idle connection', () => {
    it('is closed after IDLE_TIMEOUT, without a word', async () => {
      await serve({ idleTimeout: 100 });
      const client = await rawClient(plane.port, `GET / HTTP/1.1\r\n${HOST}\r\n`);
      const { text } = await client.closed();
      expect(text.match(/HTTP\/1.1/g)).toHaveLength(1);
    });
  });

  describe('a client that is gone before its refusal', () => {
    it('does not trouble the balancer', async () => {
      await serve();
      for (let time = 0; time < 20; time++) {
        const client = await rawClient(plane.port, 'garbage\r\n\r\n');
        client.socket.resetAndDestroy();
      }
      expect((await fetch(plane.url)).status).toBe(200);
    });
  });
});
