// A data process that runs out of file descriptors: it lives, blames no replica for it, and goes on once there are some again.
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { type Balancer, eventually, startBalancer } from './harness.js';
import { HOLDING, holdersOf } from './held-requests.js';
import { call, replicasOf } from './http-client.js';

let balancer: Balancer;
const open: Socket[] = [];
afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  await balancer.stop('SIGINT');
});

const metric = async (name: string) => {
  const { text } = await call(`${balancer.adminUrl}/metrics`);
  return text
    .split('\n')
    .filter((line) => line.startsWith(`hashflow_${name}`))
    .join('\n');
};

function connectMany(count: number): Promise<unknown> {
  const { hostname, port } = new URL(balancer.dataUrl);
  return Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<void>((resolve) => {
          const socket = connect({ host: hostname, port: Number(port) });
          open.push(socket);
          socket.on('error', () => resolve()).once('connect', () => resolve());
        }),
    ),
  );
}

describe('a data process without file descriptors', () => {
  it('lives, also when it is looked at, answers 503 overload, blames no replica, and serves on once clients have left', async () => {
    balancer = await startBalancer({
      descriptors: 160,
      // More than there are descriptors for: what is too much is found out the hard way.
      env: { RUNTIME: 'process', N: '1', REPLICA_COMMAND: HOLDING, MAX_CONNECTIONS: '100000' },
    });
    await eventually('all replicas ready', async () =>
      (await replicasOf(balancer.adminUrl)).every(({ state }) => state === 'ready') ? true : undefined,
    );
    // They fit, and leave no room for as many connections to the replica.
    const clients = await Promise.all(Array.from({ length: 80 }, keptOpen));
    const { letGo } = await holdersOf(balancer);
    for (const client of clients) client.ask('/held');
    await eventually('one that is told so', () => clients.some(({ got }) => got().includes('overload')) || undefined);
    // A look at its memory and at its descriptors takes one, too.
    expect(await metric('data_up')).toBe('hashflow_data_up 1');
    expect(await metric('data_process_cpu_seconds_total')).toContain('mode="user"');
    await letGo();
    const kinds = new Set(
      (await Promise.all(clients.map(({ answered }) => answered()))).map(
        (answer) => /^HTTP\/1\.1 200|X-HashFlow-Cause: overload|^closed$/.exec(answer)?.[0],
      ),
    );
    // Who was still waiting to be accepted when there were no more.
    kinds.delete('closed');
    expect(kinds).toEqual(new Set(['HTTP/1.1 200', 'X-HashFlow-Cause: overload']));
    // More than fit: the system drops who waits to be accepted.
    await connectMany(200);
    for (const socket of open.splice(0)) socket.destroy();
    await eventually('it serves on', async () => {
      const { status } = await call(`${balancer.dataUrl}/`).catch(() => ({ status: 0 }));
      return status === 200 ? true : undefined;
    });
    const [replica] = await replicasOf(balancer.adminUrl);
    expect(replica.state).toBe('ready');
    expect(await metric('requests_total')).not.toMatch(/cause="connect_failed"[^\n]* [1-9]/);
    expect(readFileSync(`/proc/${balancer.dataPid}/comm`, 'utf8')).toBe('hashflow-data\n');
  });

  it('is told at the start how many there are, and how many it should have', async () => {
    balancer = await startBalancer({ env: { RUNTIME: 'process', N: '1', MAX_CONNECTIONS: '1000000' } });
    const limit = /Max open files +(\d+)/.exec(readFileSync(`/proc/${balancer.dataPid}/limits`, 'utf8'))?.[1];
    const warning = `the limit of file descriptors is ${limit}, and MAX_CONNECTIONS=1000000 can need 2000056: raise it (ulimit -n 2000056)`;
    expect(readFileSync(join(balancer.home.stateDir, 'data.log'), 'utf8')).toContain(warning);
    await eventually('it is in the log of the balancer', () => (balancer.logs().includes(warning) ? true : undefined));
  });
});

interface KeptOpen {
  readonly ask: (path: string) => void;
  /** So far. */
  readonly got: () => string;
  readonly answered: () => Promise<string>;
}

/** A client whose connection stands before it asks. */
async function keptOpen(): Promise<KeptOpen> {
  const { hostname, port } = new URL(balancer.dataUrl);
  const socket = connect({ host: hostname, port: Number(port) });
  open.push(socket);
  let text = '';
  socket.on('data', (bytes) => (text += bytes.toString('latin1'))).on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  return {
    ask: (path) => void socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`),
    got: () => text,
    answered: () =>
      eventually('an answer', () => {
        if (/\r\n\r\n[^]*\}/.test(text)) return text;
        return socket.destroyed ? 'closed' : undefined;
      }),
  };
}
