// A fault of the balancer itself ends the request that met it, and nothing else.
import { afterEach, expect, it, jest } from '@jest/globals';
import { ClaimTable, type RowRef } from '../../routing/claims.js';
import { type InlinePlane, startInlinePlane } from '../testing/inline-plane.js';
import { rawClient } from '../testing/raw-client.js';
import { startUpstream, type Upstream } from '../testing/upstream.js';
import { ChunkedBody } from './chunked.js';

class FaultyClaims extends ClaimTable {
  faulty = false;
  override claim(worker: number, ref: RowRef): boolean {
    if (this.faulty) throw new Error('a fault');
    return super.claim(worker, ref);
  }
}

let plane: InlinePlane;
let upstream: Upstream;
afterEach(async () => {
  await plane.close();
  await upstream.close();
});

it('a fault inside the balancer costs its request a 500, and no other request anything', async () => {
  const claims = new FaultyClaims(ClaimTable.create(1, 64).buffer);
  upstream = await startUpstream('A');
  plane = await startInlinePlane({ express: true }, { claims });
  await plane.route([{ replica: 'A', port: upstream.port }]);
  const get = 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n';
  const other = await rawClient(plane.port, get);
  await other.until(/200 OK[^]*\}$/);

  claims.faulty = true;
  const struck = await rawClient(plane.port, get + get);
  const { text } = await struck.closed();
  expect(text).toMatch(/^HTTP\/1\.1 500 [^]*X-HashFlow-Cause: internal_error\r\n/);
  expect(text).not.toContain('a fault');
  expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);

  claims.faulty = false;
  other.write(get);
  await other.until(/200 OK[^]*200 OK[^]*\}$/);
  expect((await plane.link.counters(1000)).get('A')?.inFlight).toBe(0);
  other.socket.destroy();
});

it('a fault in the middle of an answer leaves nothing of it in what others are sent', async () => {
  upstream = await startUpstream('A', (_request, response) => {
    // In chunks.
    response.write('an ');
    response.end('answer');
  });
  plane = await startInlinePlane({ express: true });
  await plane.route([{ replica: 'A', port: upstream.port }]);
  const get = 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n';
  const fault = jest.spyOn(ChunkedBody.prototype, 'read').mockImplementationOnce(() => {
    throw new Error('a fault');
  });
  const struck = await rawClient(plane.port, get);
  expect(await struck.closed()).toEqual({ text: '', reset: true });
  expect(fault).toHaveBeenCalled();

  const other = await rawClient(plane.port, get);
  await other.until(/\r\n0\r\n\r\n$/);
  expect(other.text()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(upstream.seen.map(({ method, url }) => `${method} ${url}`)).toEqual(['GET /x', 'GET /x']);
  other.socket.destroy();
});
