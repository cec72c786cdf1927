// Each request counts the link of the key chain that supplied its key, once, and control is told.
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type InlinePlane, startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';
import { refusedPort, startUpstream, type Upstream } from '../testing/upstream.js';

describe.each(LANES)('key counts, in the %s lane', (lane) => {
  let plane: InlinePlane;
  let upstream: Upstream;
  beforeEach(async () => {
    upstream = await startUpstream('A');
    plane = await startInlinePlane({ express: lane === 'express' });
  });
  afterEach(async () => {
    await plane.close();
    await upstream.close();
  });

  const route = (hashKey: string) => plane.route([{ replica: 'A', port: upstream.port }], { hashKey });
  const get = async (path: string, headers: Record<string, string> = {}) =>
    (await fetch(`${plane.url}${path}`, { headers })).arrayBuffer();
  const keyCounts = async () => {
    await plane.link.counters(1000);
    return plane.link.lastKeyCounts();
  };

  it('the link that supplied the key is counted, and last the requests whose key no link supplied', async () => {
    await route('header:x-user,query:user');
    await get('/', { 'x-user': 'ann' });
    await get('/?user=bob');
    await get('/?user=bob', { 'x-user': 'ann' });
    await get('/');
    expect(await keyCounts()).toEqual([2, 1, 1]);
  });

  it('a request counts once, however many replicas it tries', async () => {
    await plane.route(
      [
        { replica: 'A', port: upstream.port },
        { replica: 'B', port: await refusedPort() },
        { replica: 'C', port: await refusedPort() },
      ],
      { hashKey: 'query:k' },
    );
    for (let k = 0; k < 12; k++) await get(`/?k=${k}`);
    expect(await keyCounts()).toEqual([12, 0]);
  });

  it('a table with the same chain goes on counting, one with another chain begins anew', async () => {
    await route('query:k,random');
    await get('/?k=1');
    await get('/');
    await route('query:k , random');
    await get('/?k=1');
    expect(await keyCounts()).toEqual([2, 1, 0]);
    await route('path');
    await get('/?k=1');
    expect(await keyCounts()).toEqual([1, 0]);
  });
});
