// A deploy over the built program, on real processes and containers under steady load: it replaces every replica and costs no
// request; one that fails is taken back and costs none either; a balancer that is killed meanwhile goes on with it.
import type { DeployView } from '../src/orchestrator/deploy/deploy-view.js';
import { badDeploys } from '../src/admin/testing/bad-deploys.js';
import { type Balancer, eventually, startBalancer } from './harness.js';
import { call, postJson, replicasOf, steadyLoad } from './http-client.js';
import { expectAllEnded, pidsOf } from './leftovers.js';
import { describeRuntimes } from './runtimes.js';

/** A server that answers with one of its variables, so that clients see who runs what. */
const COLOURED =
  "require('node:http').createServer((q,s)=>s.end(process.env.COLOUR ?? 'none'))" +
  ".listen(process.env.PORT, process.env.HOST ?? '0.0.0.0');process.once('SIGTERM',()=>process.exit(0))";

describeRuntimes('a deploy', (runtime) => {
  const node = runtime === 'docker' ? 'node' : process.execPath;
  const env = { RUNTIME: runtime, N: '3', RESTART_UNHEALTHY_AFTER: '5s' };
  let balancer: Balancer;
  beforeAll(async () => {
    balancer = await startBalancer({ env });
    await allReady();
  }, 150_000);
  afterAll(async () => {
    const pids = await pidsOf(balancer);
    await balancer.stop('SIGINT');
    await expectAllEnded(pids);
  }, 60_000);

  const deploy = (body: object, search = '?wait=done') => postJson(`${balancer.adminUrl}/api/deploy${search}`, body);
  const view = async () => (await call(`${balancer.adminUrl}/api/deploy`)).json as DeployView;
  const ended = () =>
    eventually(
      'the end of the deploy',
      async () => {
        const now = await view();
        return now.endedAt === null ? undefined : now;
      },
      60_000,
    );
  const allReady = () =>
    eventually('all ready', async () =>
      (await replicasOf(balancer.adminUrl)).every(({ state }) => state === 'ready') ? true : undefined,
    );
  const digest = async () => ((await call(`${balancer.adminUrl}/api/ring`)).json as { digest: string }).digest;
  const instances = async () => (await replicasOf(balancer.adminUrl)).map(({ instance }) => instance?.id);
  /** Everything that clients are told from now on. */
  const load = () => {
    const seen = new Set<string>();
    const running = steadyLoad(`${balancer.dataUrl}/home`, { onAnswer: (text) => seen.add(text) });
    return { seen, answeredSoFar: () => running.answeredSoFar(), stop: (atLeast?: number) => running.stop(atLeast) };
  };

  it('of another command and environment is what clients see afterwards, and costs no request', async () => {
    const before = { digest: await digest(), instances: await instances() };
    const { seen, answeredSoFar, stop } = load();
    const answer = await deploy({ command: [node, '-e', COLOURED], env: { COLOUR: 'green' }, healthPath: '/up' });
    expect(answer.json).toMatchObject({
      status: 'rolled-out',
      revision: 2,
      changes: ['command', 'healthPath', 'env.COLOUR'],
    });
    await answeredSoFar();
    seen.clear();
    await eventually('an answer of the new kind', () => (seen.has('green') ? true : undefined));
    expect((await stop(50)).failures).toEqual([]);
    expect([...seen]).toEqual(['green']);
    expect(await digest()).toBe(before.digest);
    const after = await instances();
    expect(after.filter((id) => before.instances.includes(id))).toEqual([]);
    expect((await replicasOf(balancer.adminUrl)).map(({ lastExit }) => lastExit)).toEqual([null, null, null]);
  }, 120_000);

  it.each([
    ['a program that there is not', { command: ['/no/such/program'] }],
    ['a program that ends at once', { command: [node, '-e', 'process.exit(3)'] }],
    ['a program that never answers', { command: [node, '-e', 'setInterval(() => {}, 1000)'] }],
    ['a path that is not well', { command: [node, '-e', COLOURED.replace('s.end(', 's.writeHead(500).end(')] }],
  ])(
    'of %s is taken back, and costs no request',
    async (_what, change) => {
      const before = await instances();
      const { seen, stop } = load();
      const answer = await deploy({ ...change, env: { COLOUR: 'red' } });
      expect(answer).toMatchObject({
        status: 409,
        json: { message: expect.stringMatching(/^The deploy was rolled back: Server 1: ./) },
      });
      expect(await view()).toMatchObject({ status: 'rolled-back', replicas: [{ name: 'Server 1', step: 'restored' }] });
      expect((await stop()).failures).toEqual([]);
      expect([...seen]).toEqual(['green']);
      expect(await instances()).toEqual(before);
    },
    120_000,
  );

  it('is taken back by whoever asks for it, and costs no request', async () => {
    const { seen, answeredSoFar, stop } = load();
    await deploy({ env: { COLOUR: 'blue' } });
    const answer = await postJson(`${balancer.adminUrl}/api/deploy/rollback?wait=done`, {});
    expect(answer.json).toMatchObject({ status: 'rolled-out', to: { env: { COLOUR: 'green' } } });
    await answeredSoFar();
    seen.clear();
    await eventually('the old answer', () => (seen.has('green') ? true : undefined));
    expect((await stop()).failures).toEqual([]);
    expect([...seen]).toEqual(['green']);
  }, 120_000);

  it('goes on when the balancer is killed and started again, and costs no request (TRAPS 14)', async () => {
    const { stop } = load();
    expect((await deploy({ env: { COLOUR: 'violet' } }, '')).json).toMatchObject({ status: 'rolling' });
    await eventually('the first replica’s turn', async () =>
      (await view()).replicas[0]?.step !== 'waiting' ? true : undefined,
    );
    await balancer.kill9();
    balancer = await startBalancer({ env, home: balancer.home });
    expect(await ended()).toMatchObject({ status: 'rolled-out', to: { env: { COLOUR: 'violet' } } });
    await allReady();
    expect((await stop()).failures).toEqual([]);
    expect((await call(`${balancer.dataUrl}/`)).text).toBe('violet');
  }, 180_000);

  it('of an image where there is none is refused, and changes nothing', async () => {
    const answer = await deploy({ image: 'localhost:1/no/such/image:1' });
    expect(answer.status).toBe(400);
    expect((answer.json as { message: string }).message).toMatch(
      runtime === 'docker'
        ? /^Nothing is deployed: the image "localhost:1.*cannot be pulled/
        : /^image needs the Docker runtime/,
    );
    expect(await view()).toMatchObject({ revision: expect.any(Number), status: 'rolled-out' });
  }, 90_000);

  const bad = badDeploys.filter(({ says }) => !says.includes('no-such-image:1'));
  it('asked for wrongly is refused over the wire, and changes nothing', async () => {
    const before = await view();
    for (const { what, body, search = '', contentType = 'application/json', status } of bad) {
      const answer = await call(`${balancer.adminUrl}/api/deploy${search}`, {
        method: 'POST',
        headers: { 'content-type': contentType, 'content-length': Buffer.byteLength(body) },
        body,
      });
      expect({ what, status: answer.status, json: answer.json }).toMatchObject({
        what,
        status,
        json: { status: 'failure' },
      });
    }
    expect(await view()).toEqual(before);
  }, 60_000);
});
