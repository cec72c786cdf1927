import { request as httpRequest } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type InlinePlane, startInlinePlane } from './testing/inline-plane.js';
import { readAll, startUpstream, type Upstream } from './testing/upstream.js';

describe('scratch', () => {
  let plane: InlinePlane;
  let a: Upstream;
  beforeEach(async () => {
    plane = await startInlinePlane();
    a = await startUpstream('A');
  });
  afterEach(async () => {
    await plane.close();
    await a.close();
  });
  it('works', async () => {
    await plane.route([{ replica: 'A', port: a.port }]);
    const r = await fetch(`${plane.url}/x?y=1`, { method: 'POST', body: 'hello' });
    console.log(r.status, await r.text(), [...r.headers]);
    console.log(a.seen);
    const r2 = await fetch(`${plane.url}/home`);
    console.log(r2.status, await r2.text(), a.connections.length);
  });
});
