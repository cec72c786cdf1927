// Owns the pool's bridge network: made when it is missing, removed when the pool ends. One that somebody else has made
// under that name (docker compose) is used and left.
import type { EngineClient } from './engine-client.js';
import { statusOf } from './engine-client.js';
import { networkName } from './container-name.js';
import { labelFilter, POOL_LABEL } from './labels.js';

/** @throws RuntimeError */
export async function ensureNetwork(
  engine: EngineClient,
  pool: string,
  progress: (line: string) => void,
): Promise<void> {
  const name = networkName(pool);
  if (await networkExists(engine, name)) return;
  progress(`making the network "${name}"`);
  try {
    await engine.change(`make the network "${name}"`, (abortSignal) =>
      engine.docker.createNetwork({
        Name: name,
        Driver: 'bridge',
        CheckDuplicate: true,
        Labels: { [POOL_LABEL]: pool },
        abortSignal,
      }),
    );
  } catch (error) {
    // Made by somebody else in this moment.
    if (statusOf(error) !== 409) throw error;
  }
}

/** Removes what `ensureNetwork` made. @returns the names removed, and those that are still in use */
export async function removeNetworks(
  engine: EngineClient,
  pool: string,
): Promise<{ removed: string[]; inUse: string[] }> {
  const networks = await engine.query('list networks', (abortSignal) =>
    engine.docker.listNetworks({ filters: labelFilter({ [POOL_LABEL]: pool }), abortSignal }),
  );
  const removed: string[] = [];
  const inUse: string[] = [];
  for (const { Id, Name } of networks) {
    try {
      await engine.change(`remove the network "${Name}"`, (abortSignal) =>
        engine.docker.getNetwork(Id).remove({ abortSignal }),
      );
      removed.push(Name);
    } catch (error) {
      const status = statusOf(error);
      if (status === 403 || status === 409) inUse.push(Name);
      else if (status !== 404) throw error;
    }
  }
  return { removed, inUse };
}

/** @throws RuntimeError */
export async function networkExists(engine: EngineClient, name: string): Promise<boolean> {
  const networks = await engine.query('list networks', (abortSignal) =>
    engine.docker.listNetworks({ filters: { name: [name] }, abortSignal }),
  );
  // The filter matches parts of names as well.
  return networks.some((network) => network.Name === name);
}
