// What a pool needs besides containers, over a real Docker engine: images, the network, and the clean-up of all of it.
import { afterAll, afterEach, beforeAll, expect, it, jest } from '@jest/globals';
import { describeWithEngine, engineAnswers } from '../testing/engine.js';
import { eventually } from '../testing/eventually.js';
import { cleanPool } from './clean-pool.js';
import {
  disposePools,
  docker,
  HOLDER,
  holdBase,
  newPool,
  newRuntime,
  openPool,
  releaseBase,
  run,
} from './testing/docker-bench.js';

jest.setTimeout(120_000);

if (engineAnswers()) {
  beforeAll(holdBase);
  afterEach(disposePools);
  afterAll(releaseBase);
}

describeWithEngine('images', () => {
  it('the server image is built once per pool and content, with progress that can be shown', async () => {
    const pool = newPool();
    const lines: string[] = [];
    const first = await newRuntime({ pool }).prepare((line) => lines.push(line));
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['making', 'building']);
    expect(first).toMatchObject({
      image: expect.stringMatching(/^sha256:/),
      imageRef: expect.stringMatching(`^${pool}-server:`),
    });
    lines.length = 0;
    expect(await newRuntime({ pool }).prepare((line) => lines.push(line))).toEqual(first);
    expect(lines).toEqual([]);
  });

  it('BASE_IMAGE is what the server image stands on', async () => {
    const { workload } = await openPool();
    const other = await openPool({ baseImage: workload.image! });
    expect(other.workload.image).not.toBe(workload.image);
    const { host, port } = (await other.look(await other.start('S1')))!.address!;
    expect((await eventually(() => fetch(`http://${host}:${port}/heartbeat`))).status).toBe(200);
  });

  it('a tag that moved changes nothing for the pinned workload (TRAPS 13)', async () => {
    const { pool, runtime, workload } = await openPool();
    const tag = `test-${run}-moving`;
    await docker.getImage(workload.image!).tag({ repo: tag, tag: 'latest' });
    const pinned = await newRuntime({ pool, image: tag }).prepare(() => {});
    expect(pinned).toMatchObject({ image: workload.image, imageRef: tag });
    const newer = await openPool({ baseImage: workload.image! });
    await docker.getImage(newer.workload.image!).tag({ repo: tag, tag: 'latest' });
    try {
      const id = await runtime.create({ slot: 'S1', generation: 1, specHash: 'h', workload: pinned });
      expect((await docker.getContainer(id).inspect()).Image).toBe(workload.image);
    } finally {
      await docker.getImage(`${tag}:latest`).remove();
    }
  });

  it('one that is neither here nor in a registry is told in plain words, and no retry will help', async () => {
    const runtime = newRuntime({ image: 'localhost:1/none/such:1' });
    await expect(runtime.prepare(() => {})).rejects.toMatchObject({
      code: 'image_missing',
      retryable: false,
      message: expect.stringContaining('the registry does not answer'),
    });
  });

  it('one that was deployed and is gone is missing, not retried', async () => {
    const { runtime, spec } = await openPool();
    const gone = { ...spec('S1'), workload: { ...spec('S1').workload, image: `sha256:${'0'.repeat(64)}` } };
    await expect(runtime.create(gone)).rejects.toMatchObject({ code: 'image_missing', retryable: false });
  });
});

describeWithEngine('the network of the pool', () => {
  it('is removed at the end, and left while something is on it', async () => {
    const { pool, runtime, start } = await openPool();
    const id = await start('S1');
    await runtime.cleanup();
    expect((await docker.getNetwork(pool).inspect()).Name).toBe(pool);
    await runtime.remove(id);
    await runtime.cleanup();
    await expect(docker.getNetwork(pool).inspect()).rejects.toMatchObject({ statusCode: 404 });
    await runtime.cleanup();
  });

  it('is used and left where somebody else has made it', async () => {
    const pool = newPool();
    const network = await docker.createNetwork({ Name: pool });
    try {
      const { runtime, start, look } = await openPool({ pool });
      const id = await start('S1');
      expect((await look(id))!.address).toBeDefined();
      await runtime.remove(id);
      await runtime.cleanup();
      expect((await network.inspect()).Name).toBe(pool);
    } finally {
      await cleanPool({ pool });
      await network.remove();
    }
  });
});

describeWithEngine('the clean-up of a pool', () => {
  it('removes its containers, network and images, says so, and leaves those of others (TRAPS 5)', async () => {
    const [a, b] = [await openPool(), await openPool()];
    await a.start('Server 1');
    await a.runtime.create(a.spec('Server 2'));
    const ofB = await b.start('Server 1');
    const cleaned = await cleanPool({ pool: a.pool });
    expect([...cleaned.containers].sort()).toEqual([`${a.pool}.Server_1.1`, `${a.pool}.Server_2.1`]);
    expect(cleaned.networks).toEqual([a.pool]);
    expect(cleaned.images).toEqual([a.workload.imageRef]);
    expect(await a.runtime.list()).toEqual([]);
    expect(await b.look(ofB)).toMatchObject({ state: 'running' });
    expect((await docker.getImage(b.workload.image!).inspect()).Id).toBe(b.workload.image);
    expect(await cleanPool({ pool: a.pool })).toEqual({ containers: [], networks: [], images: [], kept: [] });
  });

  it('keeps a base image that other pools stand on, and says so', async () => {
    const base = (await docker.listImages({ filters: { label: ['io.hashflow.image=base'] } }))[0];
    if (!base) return;
    const maker = base.Labels['io.hashflow.image.pool'];
    if (maker !== HOLDER) return;
    const other = await openPool();
    const cleaned = await cleanPool({ pool: HOLDER });
    expect(cleaned.kept).toEqual(base.RepoTags);
    expect((await docker.getImage(base.Id).inspect()).Id).toBe(base.Id);
    expect(await other.start('S1')).toBeTruthy();
  });
});
