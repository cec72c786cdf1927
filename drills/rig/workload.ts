// Owns what a drill's replicas run: replica/replica.mjs, as a local process, or mounted into a container of the same base that
// the bundled server stands on. Both write their notes into one folder of this machine.
import { execFile } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { MadeRuntime } from '../drill.ts';

const REPLICA = join(import.meta.dirname, '..', 'replica');
const BASE_IMAGE = join(import.meta.dirname, 'base-image.mjs');
const IN_CONTAINER = '/drill';
const LOG_IN_CONTAINER = '/drill-log';

export interface WorkloadTerms {
  readonly runtime: MadeRuntime;
  /** The replicas' notes; exists. */
  readonly logDir: string;
  /** For files that the balancer reads; exists. */
  readonly scratch: string;
  readonly pool: string;
  /** DOCKER_HOST, where it is not the usual one. */
  readonly env: Readonly<Record<string, string>>;
}

/** @returns the settings of a balancer whose replicas are the drills' own. @throws Error where no image can be made */
export async function workloadSettings(terms: WorkloadTerms): Promise<Record<string, string>> {
  const { runtime, logDir } = terms;
  if (runtime === 'process')
    return {
      RUNTIME: 'process',
      REPLICA_COMMAND: `'${process.execPath}' '${join(REPLICA, 'replica.mjs')}'`,
      REPLICA_ENV: `DRILL_LOG=${logDir}`,
    };
  chmodSync(logDir, 0o777); // replicas run as another user
  const file = join(terms.scratch, 'compose.yaml');
  writeFileSync(file, compose(await baseImage(terms), logDir));
  return { RUNTIME: 'docker', REPLICA_SPEC: `${file}#web` };
}

function compose(image: string, logDir: string): string {
  return `services:
  web:
    image: ${image}
    pull_policy: never
    command: [node, ${IN_CONTAINER}/replica.mjs]
    user: "1000:1000"
    environment: {DRILL_LOG: ${LOG_IN_CONTAINER}}
    networks: []
    volumes: ["${REPLICA}:${IN_CONTAINER}:ro", "${logDir}:${LOG_IN_CONTAINER}"]
    stop_grace_period: 10s
    x-hashflow: {port: 5000, health_path: /heartbeat}
`;
}

/** In a process of its own: the product's code reads DOCKER_HOST from its environment. */
async function baseImage({ pool, env }: WorkloadTerms): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [BASE_IMAGE, pool], {
    env: { ...process.env, ...env },
    timeout: 180_000,
  });
  return stdout.trim();
}
