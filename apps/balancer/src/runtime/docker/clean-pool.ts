// Owns the clean-up of a pool that no balancer runs any more: its containers, networks and images, by label, and nothing
// else.
import { EngineClient, statusOf } from './engine-client.js';
import { BASE_LABEL, IMAGE_LABEL, IMAGE_POOL_LABEL, labelFilter, POOL_LABEL } from './labels.js';
import { removeNetworks } from './network.js';

export interface CleanPoolOptions {
  readonly pool: string;
  readonly engine?: EngineClient;
}

/** Names of what was removed; `kept`: what is the pool's and still in use by others. */
export interface CleanedPool {
  readonly containers: readonly string[];
  readonly networks: readonly string[];
  readonly images: readonly string[];
  readonly kept: readonly string[];
}

/** Gone already is success. @throws RuntimeError */
export async function cleanPool({ pool, engine = new EngineClient() }: CleanPoolOptions): Promise<CleanedPool> {
  const containers = await removeContainers(engine, pool);
  const networks = await removeNetworks(engine, pool);
  const images = await removeImages(engine, pool);
  return {
    containers,
    networks: networks.removed,
    images: images.removed,
    kept: [...networks.inUse, ...images.inUse],
  };
}

async function removeContainers(engine: EngineClient, pool: string): Promise<string[]> {
  const filters = labelFilter({ [POOL_LABEL]: pool });
  const found = await engine.query('list containers', (abortSignal) =>
    engine.docker.listContainers({ all: true, filters, abortSignal }),
  );
  const removed: string[] = [];
  for (const { Id, Names } of found) {
    const name = Names[0]?.slice(1) ?? Id;
    const done = await attempt(() =>
      engine.change(`remove the container "${name}"`, (abortSignal) =>
        engine.docker.getContainer(Id).remove({ force: true, v: true, abortSignal }),
      ),
    );
    if (done === 'done') removed.push(name);
  }
  return removed;
}

async function removeImages(engine: EngineClient, pool: string): Promise<{ removed: string[]; inUse: string[] }> {
  const all = await engine.query('list images', (abortSignal) =>
    engine.docker.listImages({ filters: { label: [IMAGE_LABEL] }, abortSignal }),
  );
  const ours = all.filter(({ Labels }) => Labels?.[IMAGE_POOL_LABEL] === pool);
  // A base serves every pool that has found it: it goes when no server image stands on it. Those of this pool go first.
  ours.sort((a, b) => Number(a.Labels[IMAGE_LABEL] === 'base') - Number(b.Labels[IMAGE_LABEL] === 'base'));
  const bases = new Set(all.filter((image) => !ours.includes(image)).map(({ Labels }) => Labels?.[BASE_LABEL]));
  const removed: string[] = [];
  const inUse: string[] = [];
  for (const { Id, RepoTags } of ours) {
    const name = RepoTags?.[0] ?? Id;
    const done = bases.has(Id)
      ? 'in use'
      : await attempt(() =>
          engine.change(`remove the image "${name}"`, (abortSignal) =>
            engine.docker.getImage(Id).remove({ abortSignal }),
          ),
        );
    if (done === 'done') removed.push(name);
    if (done === 'in use') inUse.push(name);
  }
  return { removed, inUse };
}

async function attempt(remove: () => Promise<unknown>): Promise<'done' | 'gone' | 'in use'> {
  try {
    await remove();
    return 'done';
  } catch (error) {
    if (statusOf(error) === 404) return 'gone';
    if (statusOf(error) === 409) return 'in use';
    throw error;
  }
}
