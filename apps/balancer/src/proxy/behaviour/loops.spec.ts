import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import type { DataSettings } from '../../routing/link/messages.js';
import type { TestInstance } from '../../routing/testing/snapshots.js';
import { type InlinePlane, startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';
import { startUpstream, type Upstream } from '../testing/upstream.js';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

describe.each(LANES)('a chain of balancers, in the %s lane', (lane) => {
  async function balancer(settings: Partial<DataSettings> = {}): Promise<InlinePlane> {
    const plane = await startInlinePlane({ express: lane === 'express', ...settings });
    ends.push(() => plane.close());
    return plane;
  }
  async function replica(): Promise<Upstream> {
    const upstream = await startUpstream('A');
    ends.push(() => upstream.close());
    return upstream;
  }
  const to = ({ port }: { port: number }): TestInstance[] => [{ replica: 'next', port }];

  it('passes requests on, and each adds its name', async () => {
    const [edge, inner, last] = [await balancer(), await balancer(), await replica()];
    await inner.route(to(last), { pseudonym: 'hashflow-22222222' });
    await edge.route(to(inner), { pseudonym: 'hashflow-11111111' });
    const response = await fetch(edge.url, { headers: { via: '1.1 cdn' } });
    await response.arrayBuffer();
    expect(response.status).toBe(200);
    expect(last.seen[0].headers.via).toBe('1.1 cdn, 1.1 hashflow-11111111, 1.1 hashflow-22222222');
  });

  it('that is a ring is found out in one round: 508, and the way is not gone again', async () => {
    const [one, two] = [await balancer(), await balancer()];
    await one.route(to(two), { pseudonym: 'hashflow-11111111' });
    await two.route(to(one), { pseudonym: 'hashflow-22222222' });
    const response = await fetch(one.url);
    expect(response.status).toBe(508);
    expect(await response.json()).toMatchObject({ status: 'failure' });
    const requests = async ({ link }: InlinePlane) => (await link.counters(1000)).get('next')?.requests;
    expect([await requests(one), await requests(two)]).toEqual([1, 1]);
  });

  it.each(['GET', 'POST'])(
    'is named as the cause to whom it refuses a %s, and its connection goes on',
    async (method) => {
      const [plane, last] = [await balancer(), await replica()];
      await plane.route(to(last));
      const response = await fetch(plane.url, {
        method,
        body: method === 'POST' ? 'x' : undefined,
        headers: { via: '1.0 fred, 1.1 HashFlow-0123ABCD (us)' },
      });
      await response.arrayBuffer();
      expect([response.status, response.headers.get('x-hashflow-cause')]).toEqual([508, 'loop_detected']);
      expect(last.seen).toEqual([]);
    },
  );

  it('refuses a WebSocket that came round, too', async () => {
    const plane = await balancer();
    await plane.route(to(plane));
    const socket = new WebSocket(`ws://127.0.0.1:${plane.port}/`);
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toContain('508');
  });

  it('neither writes Via nor looks at it where FORWARDED_FIELDS leaves it out', async () => {
    const [plane, last] = [await balancer({ forwardedFields: ['for'] }), await replica()];
    await plane.route(to(last));
    await (await fetch(plane.url, { headers: { via: '1.1 hashflow-0123abcd' } })).text();
    expect(last.seen[0].headers).toMatchObject({ via: '1.1 hashflow-0123abcd', 'x-forwarded-for': '127.0.0.1' });
    expect(last.seen[0].headers).not.toHaveProperty('x-forwarded-host');
  });
});
