// The built program with a compose service as its replica, on a real engine: what operators are shown of it and what they
// are not, its output over HTTP, what a start refuses.
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWithEngine } from '../src/runtime/testing/engine.js';
import { containersOf, killContainer } from './docker-api.js';
import { type Balancer, eventually, newHome, startBalancer, startFailing } from './harness.js';

const SECRETS = ['hunter2', 's3cr3t', 't0k3n', 'p4ss'];
const folder = mkdtempSync(join(tmpdir(), 'hashflow-shop-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function composeFile(lines: string): string {
  writeFileSync(join(folder, 'compose.yaml'), `services:\n  web:\n${lines.trim().replace(/^/gm, '    ')}\n`);
  return `${join(folder, 'compose.yaml')}#web`;
}

async function json(url: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, { headers: { connection: 'close' } });
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
}

describeWithEngine('a compose service as the replica', () => {
  let image: string;
  let shop: Balancer;
  const home = newHome();
  const service = (more = '') => `
image: ${image}
environment:
  DB_PASSWORD: hunter2
  DATABASE_URL: postgres://app:s3cr3t@db/shop
  LEVEL: info
env_file: secrets.env
labels: {api.token: t0k3n}
command: [node, /app/main.js, --password, p4ss]
networks: []
stop_grace_period: 3s
${more}`;
  const env = () => ({ RUNTIME: 'docker', N: '2', LOG_LEVEL: 'debug', REPLICA_SPEC: composeFile(service()) });

  beforeAll(async () => {
    writeFileSync(join(folder, 'secrets.env'), 'API_KEY=t0k3n\n');
    // The image that a first pool builds for itself is the application of the second one.
    const maker = await startBalancer({ env: { RUNTIME: 'docker', N: '0' } });
    image = ((await json(`${maker.adminUrl}/api/spec`)).desired as { imageRef: string }).imageRef;
    await maker.stop();
    shop = await startBalancer({ home, env: env() });
  }, 240_000);
  afterAll(async () => {
    await shop?.stop();
  }, 60_000);

  const shown = async () =>
    JSON.stringify(
      await Promise.all(['spec', 'status', 'replicas'].map((path) => json(`${shop.adminUrl}/api/${path}`))),
    );

  it('serves through the balancer', async () => {
    expect((await json(`${shop.dataUrl}/home`)).status).toBe('successful');
  });

  it('is shown with its image by name and by id, and without its secrets; nor does any log have them', async () => {
    const { desired, running, drift } = await json(`${shop.adminUrl}/api/spec`);
    expect(desired).toMatchObject({
      image: expect.stringMatching(/^sha256:/),
      imageRef: image,
      env: { DB_PASSWORD: '***', DATABASE_URL: 'postgres://***@db/shop', API_KEY: '***', LEVEL: 'info' },
      command: ['node', '/app/main.js', '--password', '***'],
      container: { labels: { 'api.token': '***' } },
      stopGraceMs: 3_000,
    });
    const { specHash } = desired as { specHash: string };
    expect(running).toEqual(['Server 1', 'Server 2'].map((name) => ({ name, specHash, matches: true })));
    expect(drift).toEqual([]);
    for (const secret of SECRETS) expect(`${await shown()}${shop.logs()}`).not.toContain(secret);
  });

  it('is what a killed replica comes back as', async () => {
    const before = await containersOf(home.pool);
    await killContainer(before[0]);
    await eventually('another container', async () => {
      const now = await containersOf(home.pool);
      return now.length === 2 && !now.includes(before[0]) ? true : undefined;
    });
    await eventually('both are ready', async () => {
      const { replicas } = (await json(`${shop.adminUrl}/api/replicas`)) as { replicas: { state: string }[] };
      return replicas.every(({ state }) => state === 'ready') || undefined;
    });
    const { running } = (await json(`${shop.adminUrl}/api/spec`)) as { running: { matches: boolean }[] };
    expect(running.map(({ matches }) => matches)).toEqual([true, true]);
  });

  it('has its output read over HTTP, and followed until the instance is gone', async () => {
    const logs = `${shop.adminUrl}/api/replicas/Server%202/logs`;
    expect(await (await fetch(`${logs}?tail=1`)).text()).toBe('Server 2 listens on 0.0.0.0:5000\n');
    const following = await fetch(`${logs}?tail=1&follow=true`);
    await fetch(`${shop.adminUrl}/rm?wait=gone`, {
      method: 'DELETE',
      headers: { 'content-type': 'application/json' },
      body: '{"n":1,"hostnames":["Server 2"]}',
    });
    expect(await following.text()).toBe('Server 2 listens on 0.0.0.0:5000\n');
  });

  it('a follower does not hold up the end; started again with another file the stored one wins, and no secret is told', async () => {
    const following = await fetch(`${shop.adminUrl}/api/replicas/Server%201/logs?follow=true`);
    await shop.stop('SIGTERM');
    await following.text();
    const other = {
      ...env(),
      REPLICA_SPEC: composeFile(service('user: "1000"').replaceAll(/hunter2|p4ss/g, 'hunter2-new')),
    };
    shop = await startBalancer({ home, env: other });
    const { drift } = (await json(`${shop.adminUrl}/api/spec`)) as { drift: string[] };
    expect(drift.join('\n')).toMatch(/REPLICA_COMMAND=.*is not applied/);
    expect(drift.join('\n')).toContain('differs in DB_PASSWORD');
    expect(drift.join('\n')).toContain('differs in user');
    for (const secret of SECRETS) expect(`${await shown()}${shop.logs()}`).not.toContain(secret);
  });
});

describe('a start with a compose service', () => {
  it('names all that a replica cannot have, and ends with 2 before anything is made', async () => {
    const reference = composeFile(
      'image: app\nprivileged: true\nsecrets: [a]\nbuild: .\nenvironment: {PASSWORD: "${GONE:?set it}"}',
    );
    const { code, output } = await startFailing({ env: { RUNTIME: 'docker', REPLICA_SPEC: reference } });
    expect(code).toBe(2);
    expect(output).toContain('not supported: privileged, secrets');
    expect(output).toContain('docker compose build web');
    expect(output).toContain('environment.PASSWORD needs GONE: set it');
    expect(output).not.toContain('    at ');
  });

  it.each([
    [{ REPLICA_SPEC: 'compose.yaml' }, 'FILE#SERVICE'],
    [{ RUNTIME: 'docker', REPLICA_SPEC: '/nowhere/compose.yaml#web' }, 'the file does not exist'],
    [{ REPLICA_SPEC: 'a#b', REPLICA_IMAGE: 'x' }, 'REPLICA_IMAGE and REPLICA_SPEC exclude each other'],
    [{ REPLICA_SPEC: 'a#b', REPLICA_COMMAND: 'x' }, 'REPLICA_COMMAND and REPLICA_SPEC exclude each other'],
    [{ RUNTIME: 'process', REPLICA_SPEC: 'a#b' }, 'REPLICA_SPEC needs the Docker runtime'],
    [{ RUNTIME: 'process', HARDENING: 'strict' }, 'HARDENING needs the Docker runtime'],
    [{ HARDENING: 'some' }, 'one of strict, default'],
  ])('refuses %j with 2, in words', async (env, reason) => {
    const { code, output } = await startFailing({ env });
    expect(output).toContain(reason);
    expect(code).toBe(2);
  });
});

describe('a replica that runs elsewhere', () => {
  it('has no output here, and that is said', async () => {
    const server = createServer((_, response) => response.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const balancer = await startBalancer({ env: { RUNTIME: 'static', REPLICAS: `S1=http://127.0.0.1:${port}` } });
    for (const query of ['', '?follow=true']) {
      const answer = await fetch(`${balancer.adminUrl}/api/replicas/S1/logs${query}`);
      expect(answer.status).toBe(409);
      expect(await answer.json()).toEqual({ message: expect.stringContaining('it runs elsewhere'), status: 'failure' });
    }
    await balancer.stop();
    server.closeAllConnections();
    server.close();
  });
});
