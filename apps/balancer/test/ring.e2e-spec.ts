// Where keys go, over real HTTP: every form of HASH_KEY and every HASH_ALGORITHM routes as GET /api/route says, previews come
// true, the history is kept, and what cannot be used is refused by name.
import { once } from 'node:events';
import http from 'node:http';
import type { RingChange } from '../src/orchestrator/ring/ring-history.js';
import type { PreviewView, RingView, RouteView } from '../src/orchestrator/ring/ring-views.js';
import { type Balancer, eventually, startBalancer, startFailing } from './harness.js';
import { type Answer, call, pidOf, postJson, replicasOf } from './http-client.js';

const SEED = '0123456789abcdef';
const BASE = { RUNTIME: 'process', N: '3', HASH_SEED: SEED, EXPOSE_REPLICA: 'true' };

const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
afterAll(() => agent.destroy());

let balancer: Balancer;
const start = async (env: Record<string, string>, home?: Balancer['home']) =>
  (balancer = await startBalancer({ env: { ...BASE, ...env }, home }));
const stop = async () => expect(await balancer.stop('SIGINT')).toEqual({ code: 0, signal: null });

const admin = async <T>(path: string): Promise<T> => {
  const { status, json, text } = await call(`${balancer.adminUrl}${path}`, { agent });
  if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
  return json as T;
};
const ring = () => admin<RingView>('/api/ring');
const history = async () => (await admin<{ changes: RingChange[] }>('/api/ring/history')).changes;
const routeOf = (query: string) => admin<RouteView>(`/api/route?${query}`);
/** Whom the explanation sends a request to. */
const chosen = ({ candidates }: RouteView) => candidates.find(({ eligible }) => eligible)?.name;
const servedBy = ({ headers }: Answer) => headers['x-hashflow-replica'];
/** With a length: node frames the body of a DELETE only when it is told. */
const change = async (method: 'POST' | 'DELETE', path: string, body: object) => {
  const text = JSON.stringify(body);
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  const { status, json } = await call(`${balancer.adminUrl}${path}`, { method, headers, body: text, agent });
  expect({ status, json }).toMatchObject({ status: 200 });
};
const preview = async (body: object) => (await postJson(`${balancer.adminUrl}/api/preview`, body)).json as PreviewView;

interface Sent {
  readonly path?: string;
  readonly headers?: http.OutgoingHttpHeaders;
}
const send = ({ path = '/home', headers }: Sent) => call(`${balancer.dataUrl}${path}`, { headers, agent });

interface Form {
  readonly chain: string;
  /** Link that supplies the keys. */
  readonly link: string;
  /** Different requests with one and the same key. */
  readonly sent: (k: number) => readonly Sent[];
  /** The same for GET /api/route. */
  readonly asked: (k: number) => string;
}

/** A text as node puts it on the wire. */
const bytes = (text: string) => Buffer.from(text).toString('latin1');
const KEYS = Array.from({ length: 12 }, (_, k) => k);
const forms: readonly Form[] = [
  {
    chain: 'header:X-User',
    link: 'header:x-user',
    // In UTF-8, as clients send it.
    sent: (k) => [
      { headers: { 'x-user': bytes(`zoë${k}`) } },
      { path: '/home?other=1', headers: { 'X-USER': ` ${bytes(`zoë${k}`)} ` } },
    ],
    asked: (k) => `header.X-User=${encodeURIComponent(`zoë${k}`)}`,
  },
  {
    chain: 'cookie:sid',
    link: 'cookie:sid',
    sent: (k) => [{ headers: { cookie: `sid=s${k}` } }, { headers: { cookie: `theme=dark; sid=s${k}; sid=no` } }],
    asked: (k) => `cookie.sid=s${k}`,
  },
  {
    chain: 'query:user',
    link: 'query:user',
    sent: (k) => [{ path: `/home?user=a%2Fb${k}` }, { path: `/home?page=1&user=a/b${k}` }],
    asked: (k) => `query.user=a/b${k}`,
  },
  {
    chain: 'path',
    link: 'path',
    sent: (k) => [{ path: `/shop/${k}` }, { path: `/shop/${k}?page=2` }],
    asked: (k) => `path=/shop/${k}`,
  },
  {
    chain: 'path:2',
    link: 'path:2',
    sent: (k) => [{ path: `/shop/${k}/cart` }, { path: `/shop/${k}/orders?page=2` }],
    asked: (k) => `path=/shop/${k}/anything`,
  },
  {
    chain: 'uri',
    link: 'uri',
    sent: (k) => [{ path: `/home?page=${k}` }],
    asked: (k) => `path=/home&query.page=${k}`,
  },
  {
    chain: 'ip',
    link: 'ip',
    sent: (k) => [{ headers: { 'x-forwarded-for': `10.0.0.${k}` } }],
    asked: (k) => `ip=10.0.0.${k}`,
  },
  {
    chain: 'ip:/24:/64',
    link: 'ip:/24:/64',
    sent: (k) =>
      (k % 2 ? [`10.0.${k}.7`, `10.0.${k}.250`] : [`2001:db8:0:${k}::7`, `2001:db8:0:${k}:1:2:3:4`]).map((ip) => ({
        headers: { 'x-forwarded-for': ip },
      })),
    asked: (k) => (k % 2 ? `ip=10.0.${k}.1` : `ip=2001:db8:0:${k}::1`),
  },
  {
    chain: 'host',
    link: 'host',
    sent: (k) => [{ headers: { host: `shop${k}.example` } }, { headers: { host: `SHOP${k}.example:8080` } }],
    asked: (k) => `host=shop${k}.example`,
  },
  {
    chain: 'header:x-tenant+path:1',
    link: 'header:x-tenant+path:1',
    sent: (k) => [
      { path: '/shop/1', headers: { 'x-tenant': `t${k}` } },
      { path: '/shop/2', headers: { 'x-tenant': `t${k}` } },
    ],
    asked: (k) => `header.x-tenant=t${k}&path=/shop`,
  },
  {
    chain: 'header:x-hash-key, cookie:sid+host ,query:user,random',
    link: 'query:user',
    sent: (k) => [{ path: `/home?user=u${k}` }, { path: `/home?user=u${k}`, headers: { 'x-hash-key': '' } }],
    asked: (k) => `query.user=u${k}`,
  },
];

/** Replicas that run here: what is asked is where a request goes, not how they come to be. */
async function listening(count: number): Promise<{ urls: string[]; close: () => void }> {
  const servers = Array.from({ length: count }, () => http.createServer((_request, response) => response.end('ok')));
  await Promise.all(servers.map((server) => once(server.listen(0, '127.0.0.1'), 'listening')));
  return {
    urls: servers.map((server) => `http://127.0.0.1:${(server.address() as { port: number }).port}`),
    close: () => {
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

describe('HASH_KEY', () => {
  let servers: Awaited<ReturnType<typeof listening>>;
  let elsewhere: Record<string, string>;
  beforeAll(async () => {
    servers = await listening(3);
    elsewhere = { RUNTIME: 'static', REPLICAS: servers.urls.map((url, index) => `S${index + 1}=${url}`).join(',') };
  });
  afterEach(stop, 60_000);
  afterAll(() => servers.close());

  it.each(forms)(
    '$chain: one key goes to one replica, the one that /api/route names',
    async ({ chain, link, sent, asked }) => {
      await start({ ...elsewhere, HASH_KEY: chain, TRUSTED_PROXIES: '127.0.0.0/8' });
      const seen = new Set<unknown>();
      let requests = 0;
      for (const k of KEYS) {
        const route = await routeOf(asked(k));
        expect(route.link).toBe(link);
        expect(chosen(route)).toBe(route.candidates[0].name);
        for (const one of [...sent(k), ...sent(k)]) {
          expect({ k, replica: servedBy(await send(one)) }).toEqual({ k, replica: chosen(route) });
          requests++;
        }
        expect(await routeOf(`key=${encodeURIComponent(route.key)}`)).toEqual({ ...route, link: null });
        seen.add(chosen(route));
      }
      expect(seen.size).toBeGreaterThan(1);
      await eventually('every request counted for its link', async () => {
        const counts = (await ring()).keys.filter((source) => source.requests > 0);
        return JSON.stringify(counts) === JSON.stringify([{ link, requests }]) ? true : undefined;
      });
    },
    60_000,
  );

  it('random: each request has a key of its own, and /api/route shows a sample', async () => {
    await start({ ...elsewhere, HASH_KEY: 'random' });
    const replicas = new Set<unknown>();
    for (let k = 0; k < 60; k++) replicas.add(servedBy(await send({ headers: { 'x-hash-key': 'one' } })));
    expect(replicas.size).toBe(3);
    const samples = [await routeOf('header.x-hash-key=one'), await routeOf(''), await routeOf('path=/home')];
    for (const { link, key } of samples)
      expect({ link, key }).toEqual({ link: 'random', key: expect.stringMatching(/^\d{6}$/) });
    expect(new Set(samples.map(({ key }) => key)).size).toBeGreaterThan(1);
  }, 60_000);

  it('a chain is gone through in order, and a request without any key gets a random one', async () => {
    await start({ ...elsewhere, HASH_KEY: 'header:x-hash-key,cookie:sid' });
    const both = { 'x-hash-key': 'k7', cookie: 'sid=s7' };
    expect(servedBy(await send({ headers: both }))).toBe(chosen(await routeOf('key=k7')));
    expect(servedBy(await send({ headers: { cookie: both.cookie } }))).toBe(chosen(await routeOf('key=s7')));
    await send({});
    expect(await routeOf('header.x-hash-key=k7&cookie.sid=s7')).toMatchObject({ link: 'header:x-hash-key', key: 'k7' });
    expect(await routeOf('cookie.sid=s7')).toMatchObject({ link: 'cookie:sid', key: 's7' });
    expect(await routeOf('')).toMatchObject({ link: 'random' });
    const wanted = ['header:x-hash-key', 'cookie:sid', 'random'].map((link) => ({ link, requests: 1 }));
    await eventually('one request for each link', async () =>
      JSON.stringify((await ring()).keys) === JSON.stringify(wanted) ? true : undefined,
    );
  }, 60_000);
});

describe('settings that cannot be used', () => {
  it('end the start with code 2 and a line for each that names what is wrong; a secret is not repeated', async () => {
    const bad = { HASH_ALGORITHM: 'md5', HASH_SLOTS: '5000', CLASSIC_HASH: 'sha1', HASH_SEED: 'not-to-be-told' };
    const { code, output } = await startFailing({ env: { ...BASE, ...bad } });
    expect(code).toBe(2);
    expect(output).toContain('HASH_ALGORITHM="md5" must be one of hrw, frt, ketama, maglev, classic');
    expect(output).toMatch(/HASH_SLOTS="5000" .*power of two/);
    expect(output).toContain('CLASSIC_HASH="sha1" must be one of readme, assignment, keyed');
    expect(output).toMatch(/HASH_SEED.*16 hex digits/);
    expect(output).not.toContain('not-to-be-told');
  }, 30_000);

  it('such as a key that there is not end it in the same way', async () => {
    const { code, output } = await startFailing({ env: { ...BASE, HASH_KEY: 'header:x-a,body:id' } });
    expect({ code, output }).toEqual({
      code: 2,
      output: expect.stringMatching(/HASH_KEY.*header:x-a,body:id.*body:id/),
    });
  }, 30_000);
});

describe.each([
  ['hrw', null],
  ['frt', 65_536],
  ['ketama', null],
  ['maglev', 65_537],
  ['classic', 512],
])('HASH_ALGORITHM=%s', (algorithm, slots) => {
  const keys = Array.from({ length: 2000 }, (_, k) => `key-${k}`);
  const owners = async () => {
    const routes = await Promise.all(keys.map((key) => routeOf(`key=${key}`)));
    return new Map(routes.map(({ key, candidates }) => [key, candidates[0].name]));
  };
  beforeAll(() => start({ HASH_ALGORITHM: algorithm }), 60_000);
  afterAll(stop, 60_000);

  it('serves each key where /api/route says', async () => {
    expect(await ring()).toMatchObject({ algorithm, slots, members: [{ weight: 1 }, { weight: 1 }, { weight: 1 }] });
    for (const key of keys.slice(0, 40)) {
      const route = await routeOf(`key=${key}`);
      expect(servedBy(await send({ headers: { 'x-hash-key': key } }))).toBe(chosen(route));
      expect(route.candidates.map(({ name }) => name).sort()).toEqual(['Server 1', 'Server 2', 'Server 3']);
      expect(route.slot === null).toBe(slots === null);
    }
  }, 60_000);

  it.each<[string, object, 'POST' | 'DELETE', string, object]>([
    ['joins', { add: [{ name: 'S4' }] }, 'POST', '/add?wait=ready', { n: 1, hostnames: ['S4'] }],
    ['leaves', { remove: ['Server 2'] }, 'DELETE', '/rm', { n: 1, hostnames: ['Server 2'] }],
  ])(
    'previews what moves when a replica %s',
    async (_what, proposal, method, path, body) => {
      const before = await owners();
      const { moved, minimum, flows } = await preview(proposal);
      expect(await owners()).toEqual(before);

      await change(method, path, body);
      const after = await owners();
      const movedKeys = keys.filter((key) => after.get(key) !== before.get(key));
      // Six standard deviations of so many keys drawn from the key space.
      const noise = 6 * Math.sqrt((moved * (1 - moved)) / keys.length);
      expect(Math.abs(movedKeys.length / keys.length - moved)).toBeLessThanOrEqual(noise);
      const announced = new Set(flows.map(({ from, to }) => `${from} → ${to}`));
      const seen = new Set(movedKeys.map((key) => `${before.get(key)} → ${after.get(key)}`));
      expect([...seen].filter((flow) => !announced.has(flow))).toEqual([]);
      expect((await history())[0]).toMatchObject({
        moved,
        minimum,
        excess: expect.closeTo(Math.max(0, moved - minimum)),
      });
    },
    120_000,
  );
});

describe('the ring', () => {
  it('of classic refuses one replica too many, and nothing changes', async () => {
    await start({ HASH_ALGORITHM: 'classic', M: '27', K: '9' });
    const before = [await ring(), await history(), (await call(`${balancer.adminUrl}/rep`)).json];
    const message =
      'The ring cannot take these replicas: 4 members with 9 virtual nodes do not fit into 27 slots: at most 3';
    for (const url of [balancer.adminUrl, balancer.dataUrl]) {
      const { status, json } = await postJson(`${url}/add`, { n: 1 });
      expect({ status, json }).toEqual({ status: 400, json: { message, status: 'failure' } });
    }
    const weighted = await postJson(`${balancer.adminUrl}/api/preview`, { weights: { 'Server 1': 2 } });
    expect(weighted).toMatchObject({
      status: 400,
      json: { message: expect.stringContaining('classic knows no weights') },
    });
    const crowded = await postJson(`${balancer.adminUrl}/api/preview`, { add: [{ name: 'S4' }] });
    expect(crowded).toMatchObject({ status: 400, json: { message } });
    expect([await ring(), await history(), (await call(`${balancer.adminUrl}/rep`)).json]).toEqual(before);
    await stop();
  }, 60_000);

  it('has one digest for one seed and one set of members, whatever the way there', async () => {
    await start({ N: '3' });
    await change('POST', '/add', { n: 1, hostnames: ['S4'] });
    await change('DELETE', '/rm', { n: 1, hostnames: ['Server 2'] });
    const first = await ring();
    const routes = await Promise.all(KEYS.map((k) => routeOf(`key=k${k}`)));
    await stop();

    await start({ N: '1' });
    for (const name of ['Server 2', 'S4', 'Server 3']) await change('POST', '/add', { n: 1, hostnames: [name] });
    expect((await ring()).digest).not.toBe(first.digest);
    await change('DELETE', '/rm', { n: 1, hostnames: ['Server 2'] });
    expect((await ring()).digest).toBe(first.digest);
    for (const [k, { hash, candidates }] of routes.entries()) {
      const again = await routeOf(`key=k${k}`);
      expect([again.hash, again.candidates.map(({ name }) => name)]).toEqual([
        hash,
        candidates.map(({ name }) => name),
      ]);
    }
    await stop();
  }, 90_000);

  it('keeps its history across a crash of a replica and a restart, and adds neither to it', async () => {
    await start({});
    await change('POST', '/add?wait=ready', { n: 1, hostnames: ['S4'] });
    const before = await history();
    expect(before.map(({ cause, replicas, members }) => [cause, replicas, members])).toEqual([
      ['add', ['S4'], 4],
      ['start', ['Server 1', 'Server 2', 'Server 3'], 3],
    ]);

    const victim = (await replicasOf(balancer.adminUrl))[0];
    process.kill(pidOf(victim.instance), 'SIGKILL');
    await eventually('the replica serves again', async () => {
      const [replica] = await replicasOf(balancer.adminUrl);
      return replica.restarts === 1 && replica.state === 'ready' ? true : undefined;
    });
    expect(await history()).toEqual(before);

    await balancer.stop('SIGTERM');
    await start({}, balancer.home);
    expect(await history()).toEqual(before);
    await stop();
  }, 90_000);

  it('explains a replica that does not serve: it keeps its place, and its keys go to the next one', async () => {
    await start({ REPLICA_COMMAND: `${process.execPath} -e "setInterval(() => {}, 1000)"`, N: '0' });
    await change('POST', '/add', { n: 2 });
    const { candidates } = await routeOf('key=k');
    expect(candidates.map(({ eligible }) => eligible)).toEqual([false, false]);
    for (const { reason } of candidates) expect(reason).toMatch(/^starting: /);
    const { status, headers } = await send({ headers: { 'x-hash-key': 'k' } });
    expect([status, headers['x-hashflow-cause']]).toEqual([503, 'no_replica']);
    await stop();
  }, 60_000);
});

describe('on the static runtime', () => {
  it('a preview takes names alone, and a route ends at a server that runs elsewhere', async () => {
    const { urls, close } = await listening(2);
    await start({ RUNTIME: 'static', REPLICAS: `a=${urls[0]},b=${urls[1]};3` });
    expect((await ring()).members.map(({ name, fair }) => [name, fair])).toEqual([
      ['a', 0.25],
      ['b', 0.75],
    ]);
    const joined = await preview({ add: [{ name: 'c', weight: 4 }] });
    expect(joined).toMatchObject({ moved: expect.closeTo(0.5), minimum: expect.closeTo(0.5), collateral: 0 });
    for (const k of KEYS) {
      const answer = await send({ headers: { 'x-hash-key': `k${k}` } });
      expect(servedBy(answer)).toBe(chosen(await routeOf(`key=k${k}`)));
    }
    await stop();
    close();
  }, 60_000);
});
