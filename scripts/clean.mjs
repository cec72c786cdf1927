// Owns the end of a pool whose balancer is gone: its data process, its local replicas, its containers, networks and images, its
// list of members. POOL and STATE_DIR say which pool, as for a start; nothing of another pool is touched.
import { existsSync } from 'node:fs';
import { dataSettingsOf } from '../dist/apps/balancer/src/routing/link/data-settings.js';
import { DataProcess } from '../dist/apps/balancer/src/routing/link/data-process.js';
import { loadSettings, readEnvironment } from '../dist/apps/balancer/src/config/load.js';
import { StateLock } from '../dist/apps/balancer/src/orchestrator/state/state-lock.js';
import { StateStore } from '../dist/apps/balancer/src/orchestrator/state/state-store.js';
import { cleanPool } from '../dist/apps/balancer/src/runtime/docker/clean-pool.js';
import { probeEngine } from '../dist/apps/balancer/src/runtime/docker/engine-probe.js';
import { endLeftovers } from '../dist/apps/balancer/src/runtime/process/leftovers.js';
import { silentLogger } from '../dist/apps/balancer/src/telemetry/logger.js';

const PROBE_MS = 2000;
const DATA_MS = 5000;

try {
  await clean(loadSettings(readEnvironment(process.env)));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

async function clean(settings) {
  const { pool, stateDir } = settings;
  const removed = [];
  if (existsSync(stateDir)) {
    // Held to the end, so that no balancer starts into the half of it. Fails with a clear line while one runs.
    const lock = await StateLock.acquire(stateDir, pool);
    try {
      const store = new StateStore(stateDir);
      await refuseForeign(store, pool, stateDir);
      await endDataProcess(settings);
      for (const { slot, pid } of await endLeftovers(stateDir, settings.stopTimeout))
        removed.push(`process ${pid} ("${slot}")`);
      removed.push(...(await cleanEngine(pool)));
      await store.forget();
    } finally {
      await lock.release();
    }
  } else {
    removed.push(...(await cleanEngine(pool)));
  }
  for (const one of removed) console.log(`removed ${one}`);
  console.log(
    removed.length === 0
      ? `Nothing was left of pool ${pool}.`
      : `Pool ${pool} is gone from this machine; the next start begins from the settings.`,
  );
}

async function refuseForeign(store, pool, stateDir) {
  const { value: identity } = await store.readIdentity();
  if (identity && identity.pool !== pool)
    throw new Error(`STATE_DIR ${stateDir} belongs to pool ${identity.pool}, not to ${pool}: set POOL or STATE_DIR.`);
}

// By the note that control keeps of it, and only if pid and start time still fit.
async function endDataProcess(settings) {
  const options = {
    stateDir: settings.stateDir,
    settings: dataSettingsOf(settings),
    logLevel: settings.logLevel,
    entry: '',
  };
  await new DataProcess(options, silentLogger).ended(DATA_MS, false);
}

async function cleanEngine(pool) {
  const { answers, detail } = await probeEngine(PROBE_MS);
  if (!answers) {
    console.log(`Docker: ${detail}. Containers of the pool, if there are any, stay.`);
    return [];
  }
  const { containers, networks, images, kept } = await cleanPool({ pool });
  for (const one of kept) console.log(`kept ${one}: others use it`);
  return [
    ...containers.map((name) => `container ${name}`),
    ...networks.map((name) => `network ${name}`),
    ...images.map((name) => `image ${name}`),
  ];
}
