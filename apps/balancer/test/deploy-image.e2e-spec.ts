// A deploy of images that really differ, on the real engine and under steady load: of another program, of a tag that has moved, of
// one that does not come up, several at a time, cancelled half-way. None of them costs a request, and all run the one that was pinned.
import type { DeployView } from '../src/orchestrator/deploy/deploy-view.js';
import { describeWithEngine } from '../src/runtime/testing/engine.js';
import { buildImage, containersOf, imageOf, killContainer, removeImage, tagImage } from './docker-api.js';
import { type Balancer, eventually, newHome, startBalancer } from './harness.js';
import { call, postJson, replicasOf, steadyLoad } from './http-client.js';

/** A server that knows which edition it is from its own file, and what it is called from the environment. */
const edition = (number: number) =>
  "require('node:http').createServer((q,s)=>s.end(`edition " +
  `${number} ${'${process.env.NICKNAME??""}'}` +
  "`)).listen(process.env.PORT);process.once('SIGTERM',()=>process.exit(0))";
/** Its Server 3 never listens: a deploy of it waits there. */
const STUCK = `if(process.env.SERVER_ID==='Server 3')setInterval(()=>{},1000);else{${edition(2)}}`;
const BROKEN = "console.log('no database');process.exit(3)";

describeWithEngine('a deploy of another image', () => {
  const home = newHome();
  const shop = `${home.pool}-shop`;
  const ids = new Map<string, string>();
  let balancer: Balancer;
  beforeAll(async () => {
    balancer = await startBalancer({ home, env: { RUNTIME: 'docker', N: '3', RESTART_UNHEALTHY_AFTER: '10s' } });
    const base = await imageOf((await containersOf(home.pool))[0] ?? '');
    const programs = { 1: edition(1), 2: edition(2), stuck: STUCK, broken: BROKEN };
    for (const [tag, program] of Object.entries(programs))
      ids.set(tag, await buildImage(`${shop}:${tag}`, base, program));
  }, 150_000);
  afterAll(async () => {
    await balancer?.stop('SIGINT');
    for (const tag of [...ids.keys(), 'latest']) await removeImage(`${shop}:${tag}`);
  }, 60_000);

  const deploy = (body: object, search = '?wait=done') =>
    postJson(`${balancer.adminUrl}/api/deploy${search}`, { minReadyMs: 200, ...body });
  const view = async () => (await call(`${balancer.adminUrl}/api/deploy`)).json as DeployView;
  const running = async () => {
    const replicas = await replicasOf(balancer.adminUrl);
    return Promise.all(replicas.map(({ instance }) => imageOf(instance?.id ?? '')));
  };
  const all = (tag: string) => [1, 2, 3].map(() => ids.get(tag));
  /** @returns what clients were told meanwhile, each told once, in order; no request may fail */
  const underLoad = async (what: () => Promise<void>) => {
    const told: string[] = [];
    const load = steadyLoad(`${balancer.dataUrl}/home`, {
      onAnswer: (text) => void (told.includes(text) || told.push(text)),
    });
    let report;
    try {
      await what();
    } finally {
      report = await load.stop(50);
    }
    expect(report.failures).toEqual([]);
    return told;
  };

  it('is what every replica runs afterwards, pinned by its id, and costs no request', async () => {
    const told = await underLoad(async () => {
      await tagImage(ids.get('1') ?? '', `${shop}:latest`);
      const { json } = await deploy({ image: `${shop}:latest`, healthPath: '/up', env: { NICKNAME: 'red' } });
      expect(json).toMatchObject({
        status: 'rolled-out',
        changes: ['healthPath', 'image', 'env.NICKNAME'],
        to: { image: ids.get('1'), imageRef: `${shop}:latest` },
      });
    });
    expect(told.filter((text) => !text.includes('Hello'))).toEqual(['edition 1 red']);
    expect(await running()).toEqual(all('1'));
  }, 90_000);

  it('whose tag has moved changes nothing, not even for who is respawned; the next deploy takes what it names now (TRAPS 13)', async () => {
    const told = await underLoad(async () => {
      await tagImage(ids.get('2') ?? '', `${shop}:latest`);
      const [first] = await replicasOf(balancer.adminUrl);
      await killContainer(first?.instance?.id ?? '');
      await eventually('its successor', async () => {
        const [now] = await replicasOf(balancer.adminUrl);
        return now?.state === 'ready' && now.instance?.id !== first?.instance?.id ? true : undefined;
      });
      expect(await running()).toEqual(all('1'));
      expect((await deploy({})).json).toMatchObject({ status: 'rolled-out', changes: ['image'] });
    });
    expect(told).toEqual(['edition 1 red', 'edition 2 red']);
    expect(await running()).toEqual(all('2'));
  }, 90_000);

  it('that does not come up stops at the first replica and is taken back, with the reason', async () => {
    const told = await underLoad(async () => {
      const answer = await deploy({ image: `${shop}:broken` });
      expect(answer.status).toBe(409);
      expect((answer.json as { message: string }).message).toMatch(
        /^The deploy was rolled back: Server 1: .*exit.* code 3/,
      );
    });
    expect(told).toEqual(['edition 2 red']);
    expect(await running()).toEqual(all('2'));
    const { json } = await call(`${balancer.adminUrl}/api/replicas/Server%201/deaths`);
    expect(json).toMatchObject({ deaths: [{ code: 3, lastLines: ['no database'] }, { code: 137 }] });
    expect((await view()).replicas.map(({ name }) => name)).toEqual(['Server 1']);
  }, 90_000);

  it('of all replicas at a time makes no more than that many beyond them, and tells its course to its end', async () => {
    let most = 0;
    let watching = true;
    const watch = (async () => {
      while (watching) most = Math.max(most, (await containersOf(home.pool)).length);
    })();
    const told = await underLoad(async () => {
      const answer = await fetch(`${balancer.adminUrl}/api/deploy`, {
        method: 'POST',
        headers: { accept: 'text/event-stream', 'content-type': 'application/json' },
        body: JSON.stringify({ image: `${shop}:1`, env: { NICKNAME: null }, maxSurge: 3, minReadyMs: 0 }),
      });
      const frames = (await answer.text()).trim().split('\n\n');
      expect(frames.at(0)).toMatch(/^event: progress\ndata: \{.*"status":"rolling"/);
      expect(frames.at(-1)).toMatch(/^event: end\ndata: \{.*"status":"rolled-out"/);
      expect(frames.length).toBeGreaterThan(3);
    });
    watching = false;
    await watch;
    expect(told).toEqual(['edition 2 red', 'edition 1 ']);
    expect(most).toBeGreaterThan(4);
    expect(most).toBeLessThanOrEqual(6);
    expect(await running()).toEqual(all('1'));
  }, 90_000);

  it('that is cancelled half-way puts back who was replaced', async () => {
    const told = await underLoad(async () => {
      await deploy({ image: `${shop}:stuck` }, '');
      await eventually('the first is replaced', async () =>
        (await view()).replicas.some(({ step }) => step === 'replaced') ? true : undefined,
      );
      expect(await postJson(`${balancer.adminUrl}/api/deploy`, {}, 'DELETE')).toMatchObject({
        status: 200,
        json: { status: 'rolling-back', reason: 'it was cancelled' },
      });
      await eventually('the end', async () => ((await view()).status === 'rolled-back' ? true : undefined), 60_000);
    });
    expect(told).toEqual(['edition 1 ', 'edition 2 ']);
    expect(await running()).toEqual(all('1'));
  }, 90_000);
});
