// The settings of requests over the built program: the data process obeys what control was told, and a start with values that
// make no sense ends with all of them. How requests are tried is proved in proxy/.
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Balancer, eventually, startBalancer, startFailing } from './harness.js';
import { call, postJson, replicasOf } from './http-client.js';

const MOODY = `${process.execPath} ${join(import.meta.dirname, 'replicas/moody.mjs')}`;
let balancer: Balancer;

afterEach(async () => {
  await balancer.stop('SIGINT');
});

async function start(env: Readonly<Record<string, string>>): Promise<void> {
  balancer = await startBalancer({ env: { RUNTIME: 'process', REPLICA_COMMAND: MOODY, N: '2', ...env } });
  await eventually('all replicas ready', async () =>
    (await replicasOf(balancer.adminUrl)).every(({ state }) => state === 'ready') ? true : undefined,
  );
}
async function addressOf(name: string): Promise<string> {
  const view = (await replicasOf(balancer.adminUrl)).find((replica) => replica.name === name);
  return `http://${view?.instance?.address}`;
}
const tell = async (name: string, mood: string) => call(`${await addressOf(name)}/mood?${mood}`, { method: 'POST' });
const seenBy = async (name: string) => Number((await call(`${await addressOf(name)}/seen`)).text);
/** A key that belongs to that replica. */
async function keyOf(name: string): Promise<string> {
  for (let k = 0; ; k++) {
    const { json } = await call(`${balancer.adminUrl}/api/route?key=${k}`);
    if ((json as { candidates: { name: string }[] }).candidates[0]?.name === name) return String(k);
  }
}
const put = (key: string, body: string) =>
  call(`${balancer.dataUrl}/work`, { method: 'PUT', headers: { 'x-hash-key': key }, body });

describe('a request', () => {
  it('is 504 response_timeout once TOTAL_TIMEOUT is over, whatever each try may take', async () => {
    await start({ TOTAL_TIMEOUT: '300ms', RESPONSE_TIMEOUT: '60s' });
    for (const name of ['Server 1', 'Server 2']) await tell(name, 'requests=silent');
    const { status, headers } = await call(`${balancer.dataUrl}/work`);
    expect([status, headers['x-hashflow-cause']]).toEqual([504, 'response_timeout']);
  });

  it('with a small body that its replica breaks off goes elsewhere, whole', async () => {
    await start({});
    const key = await keyOf('Server 1');
    await tell('Server 1', 'requests=resets');
    expect(await put(key, 'x'.repeat(60_000))).toMatchObject({ status: 200, text: 'Server 2 60000' });
  });

  it('with a body larger than RETRY_BUFFER is 502 and sent to nobody else', async () => {
    await start({ RETRY_BUFFER: '1KiB' });
    const key = await keyOf('Server 1');
    await tell('Server 1', 'requests=resets');
    const { status, headers } = await put(key, 'x'.repeat(60_000));
    expect([status, headers['x-hashflow-cause']]).toEqual([502, 'upstream_closed']);
    expect(await seenBy('Server 2')).toBe(0);
  });

  it.each(['true', 'false'])(
    'gets an answer with a head of up to MAX_HEAD, and 502 for a larger one: EXPRESS=%s',
    async (express) => {
      const replica = createServer(({ url = '' }, response) => {
        const size = Number(/^\/(\d+)/.exec(url)?.[1] ?? 1);
        response.writeHead(200, { 'x-long': 'x'.repeat(size) }).end();
      });
      await new Promise<void>((resolve) => replica.listen(0, '127.0.0.1', resolve));
      try {
        const { port } = replica.address() as AddressInfo;
        const env = { RUNTIME: 'static', REPLICAS: `A=http://127.0.0.1:${port}`, REPLICA_COMMAND: '', N: '1' };
        await start({ ...env, EXPRESS: express, MAX_HEAD: '64KiB' });
        const statusOf = (path: string) =>
          new Promise<number | undefined>((resolve, reject) => {
            const options = { maxHeaderSize: 200_000, agent: false };
            get(`${balancer.dataUrl}${path}`, options, (response) => {
              response.resume();
              resolve(response.statusCode);
            }).once('error', reject);
          });
        expect([await statusOf('/100'), await statusOf('/60000'), await statusOf('/70000')]).toEqual([200, 200, 502]);
      } finally {
        replica.closeAllConnections();
        replica.close();
      }
    },
  );

  it('waits NO_REPLICA_WAIT for a replica while all of them start', async () => {
    await start({ NO_REPLICA_WAIT: '60s', N: '1' });
    const { pid } = (await replicasOf(balancer.adminUrl))[0]?.instance ?? {};
    process.kill(pid!, 'SIGKILL');
    expect((await call(`${balancer.dataUrl}/work`)).status).toBe(200);
  });

  it('is 503 no_replica at once in a pool without members', async () => {
    await start({ NO_REPLICA_WAIT: '60s', N: '1' });
    await postJson(`${balancer.adminUrl}/rm`, { n: 1 }, 'DELETE');
    const { status, headers } = await call(`${balancer.dataUrl}/work`);
    expect([status, headers['x-hashflow-cause']]).toEqual([503, 'no_replica']);
  });
});

it('settings of requests, life and sight that make no sense end the start, each with what is allowed', async () => {
  const wrong = {
    TOTAL_TIMEOUT: 'never',
    RETRY_BUFFER: '1GiB',
    RETRY_ATTEMPTS: '0',
    NO_REPLICA_WAIT: '-1s',
    REPLICA_MAX_INFLIGHT: '-1',
    REPLICA_MAX_CONNECTIONS: 'some',
    QUEUE: '1.5',
    MAX_CONNECTIONS: '-5',
    MAX_CONNECTIONS_PER_ADDRESS: 'few',
    MAX_LAG: '1',
    MAX_MEMORY: 'all',
    QUEUE_TIMEOUT: '0s',
    STREAM_TIMEOUT: 'never',
    SHUTDOWN_DELAY: 'later',
    SLOW_START: '10',
    STANDBY: '-1',
    SPAWN_CONCURRENCY: '0',
    SPAWN_RATE: 'fast',
    ACCESS_LOG: 'some',
    TRACE: 'maybe',
    SHOW_KEYS: '2',
  };
  const { code, output } = await startFailing({ env: wrong });
  expect(code).not.toBe(0);
  expect(output).toContain(`${Object.keys(wrong).length} settings are wrong`);
  for (const [name, value] of Object.entries(wrong)) expect(output).toContain(`${name}="${value}" must be`);
});
