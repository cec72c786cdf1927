// Owns the pools that the suites over the real engine run in: of this run alone, and cleaned up after each test.
import Docker from 'dockerode';
import { randomBytes } from 'node:crypto';
import { silentLogger } from '../../../telemetry/logger.js';
import type { InstanceSpec } from '../../replica-runtime.js';
import { cleanPool } from '../clean-pool.js';
import { DockerRuntime, type DockerRuntimeOptions } from '../docker.runtime.js';
import { EngineClient } from '../engine-client.js';

export const docker = new Docker();
export const run = randomBytes(3).toString('hex');
/** Keeps the base image alive, so that not every pool makes it anew. */
export const HOLDER = `test-${run}-base`;
/** In the order of their making: a later one may stand on the image of an earlier one. */
const pools = new Set<string>();
const runtimes: DockerRuntime[] = [];
let count = 0;

export function newPool(): string {
  return `test-${run}-${count++}`;
}

export function newRuntime(
  options: Partial<DockerRuntimeOptions> = {},
  engine = new EngineClient(docker),
): DockerRuntime {
  const pool = options.pool ?? newPool();
  if (pool !== HOLDER) pools.add(pool);
  const rest = {
    image: undefined,
    command: undefined,
    port: 5000,
    env: [],
    healthPath: '/heartbeat',
    baseImage: undefined,
  };
  const runtime = new DockerRuntime({ ...rest, ...options, pool }, silentLogger, engine);
  runtimes.push(runtime);
  return runtime;
}

/** A prepared pool, and short words for what the tests do with it. */
export async function openPool(options: Partial<DockerRuntimeOptions> = {}, engine?: EngineClient) {
  const pool = options.pool ?? newPool();
  const runtime = newRuntime({ ...options, pool }, engine);
  const workload = await runtime.prepare(() => {});
  const spec = (slot: string, generation = 1): InstanceSpec => ({ slot, generation, specHash: 'h', workload });
  const start = async (slot: string, generation = 1) => {
    const id = await runtime.create(spec(slot, generation));
    await runtime.start(id);
    return id;
  };
  const look = async (id: string) => (await runtime.list()).find((instance) => instance.id === id);
  return { pool, runtime, workload, spec, start, look, container: (id: string) => docker.getContainer(id) };
}

export async function disposePools(): Promise<void> {
  for (const runtime of runtimes.splice(0)) await runtime.close();
  for (const pool of [...pools].reverse()) await cleanPool({ pool });
  pools.clear();
}

export async function holdBase(): Promise<void> {
  await newRuntime({ pool: HOLDER }).prepare(() => {});
}

export async function releaseBase(): Promise<void> {
  await disposePools();
  await cleanPool({ pool: HOLDER });
}
