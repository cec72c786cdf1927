// GET /api/traffic: counts in order of the replicas, once or as they come, and silence while nothing is counted.
import request from 'supertest';
import { setTimeout as pause } from 'node:timers/promises';
import { trafficView, type TrafficView } from '../orchestrator/views/traffic-view.js';
import { NO_OUTCOMES } from '../routing/link/messages.js';
import { adminRig } from './testing/admin-rig.js';
import { trafficFrames } from './traffic-stream.js';

const counted = (id: string, requests: number) => ({ id, inFlight: 0, tunnels: 0, requests, outcomes: NO_OUTCOMES });

it('is one answer with every instance under its replica', async () => {
  const rig = await adminRig();
  const [first] = rig.pool.manager.replicas();
  const { body, headers } = await request(rig.url).get('/api/traffic').expect(200);
  expect(headers['cache-control']).toBe('no-store');
  expect(body).toEqual({ clockMs: expect.any(Number), instances: expect.any(Array), latency: null });
  expect(first?.name).toBe('Server 1');
  await rig.close();
});

it('lists instances in the order of /rep, the draining predecessor too, and none of a replica that is gone', () => {
  const counters = new Map(['b', 'a2', 'gone', 'a1', 'unheard'].map((id) => [id, counted(id, 1)]));
  const slots = new Map([
    ['a1', { slot: 'A' }],
    ['a2', { slot: 'A' }],
    ['b', { slot: 'B' }],
    ['gone', { slot: 'C' }],
  ]);
  const { instances } = trafficView([{ name: 'A' }, { name: 'B' }], slots, counters, undefined, 0);
  expect(instances.map(({ replica, id }) => `${replica} ${id}`)).toEqual(['A a2', 'A a1', 'B b']);
});

it('shows how long requests took, all together and by replica, and nothing of a replica that is gone', () => {
  const buckets = (first: number) => [first, ...new Array<number>(15).fill(0)];
  const upstream = (first: number) => ({ buckets: buckets(first), sum: 1 });
  const nothing = { requests: [], received: 0, sent: 0, inFlight: 0, tunnels: 0 };
  const metrics = {
    durations: [
      { status: '2xx', buckets: buckets(5), sum: 1 },
      { status: '5xx', buckets: buckets(2), sum: 1 },
    ],
    replicas: [
      { replica: 'A', upstream: upstream(7), ...nothing },
      { replica: 'gone', upstream: upstream(9), ...nothing },
    ],
  };
  const { latency } = trafficView([{ name: 'A' }], new Map(), new Map(), metrics, 0);
  expect(latency?.boundsMs).toHaveLength(15);
  expect(latency?.total).toEqual(buckets(7));
  expect(latency?.replicas).toEqual([{ replica: 'A', buckets: buckets(7) }]);
});

describe('the stream', () => {
  const source = () => {
    const listeners = new Set<() => void>();
    let requests = 0;
    return {
      view: async (): Promise<TrafficView> => ({
        clockMs: 0,
        instances: [{ replica: 'A', ...counted('a', requests) }],
        latency: null,
      }),
      onCounted: (listener: () => void) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      count: () => {
        requests++;
        for (const listener of listeners) listener();
      },
      listeners,
    };
  };
  const requestsIn = (frame: unknown) => /"requests":(\d+)/.exec(String(frame))?.[1];

  it('begins with a sample at once, sends another when more was counted, and ends with its reader', async () => {
    const from = source();
    const gone = new AbortController();
    const frames = trafficFrames(from, gone.signal, 1, 60_000);
    expect(requestsIn((await frames.next()).value)).toBe('0');
    const next = frames.next();
    await pause(20);
    from.count();
    expect(requestsIn((await next).value)).toBe('1');
    const last = frames.next();
    gone.abort();
    expect((await last).done).toBe(true);
    expect(from.listeners.size).toBe(0);
  });

  it('what is counted while the reader takes a sample comes with the next one, together', async () => {
    const from = source();
    const gone = new AbortController();
    const frames = trafficFrames(from, gone.signal, 1, 60_000);
    await frames.next();
    from.count();
    from.count();
    expect(requestsIn((await frames.next()).value)).toBe('2');
    gone.abort();
    await frames.return(undefined);
  });

  it('says nothing but that it is still here while nothing is counted', async () => {
    const gone = new AbortController();
    const frames = trafficFrames(source(), gone.signal, 1, 5);
    await frames.next();
    expect((await frames.next()).value).toBe(': still here\n\n');
    expect((await frames.next()).value).toBe(': still here\n\n');
    gone.abort();
    await frames.return(undefined);
  });
});
