// The contract over a real Docker engine, and what only containers do. Every pool here is of this run alone, and cleans up
// after itself.
import { afterAll } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { silentLogger } from '../../telemetry/logger.js';
import { engineAnswers } from '../testing/engine.js';
import { describeReplicaRuntime } from '../testing/replica-runtime.contract.js';
import { cleanPool } from './clean-pool.js';
import { DockerRuntime, type DockerRuntimeOptions } from './docker.runtime.js';

const run = randomBytes(3).toString('hex');
const pools: string[] = [];
const runtimes: DockerRuntime[] = [];

function newRuntime(options: Partial<DockerRuntimeOptions> = {}): DockerRuntime {
  const pool = options.pool ?? `test-${run}-${pools.length}`;
  if (!pools.includes(pool)) pools.push(pool);
  const runtime = new DockerRuntime(
    {
      image: undefined,
      command: undefined,
      port: 5000,
      env: [],
      healthPath: '/heartbeat',
      baseImage: undefined,
      ...options,
      pool,
    },
    silentLogger,
  );
  runtimes.push(runtime);
  return runtime;
}

async function disposeAll(): Promise<void> {
  for (const runtime of runtimes.splice(0)) await runtime.close();
  for (const pool of pools) await cleanPool({ pool });
}

if (engineAnswers()) {
  describeReplicaRuntime('the Docker runtime', {
    ownsLife: true,
    async makeBench() {
      return { runtime: newRuntime(), dispose: disposeAll };
    },
  });
}
afterAll(disposeAll);
