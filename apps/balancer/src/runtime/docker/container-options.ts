// Owns what a replica's container may and may not do, as options of the engine. Pure. How it is named is
// container-name.ts's, when it is made the orchestrator's.
import type { ContainerCreateOptions } from 'dockerode';
import type { InstanceSpec } from '../replica-runtime.js';
import { containerName, networkName } from './container-name.js';
import { POOL_LABEL, PORT_LABEL, SPEC_LABEL } from './labels.js';

export interface ContainerTerms {
  readonly pool: string;
  readonly spec: InstanceSpec;
  /** Pinned id. */
  readonly image: string;
  /** Our own server image bears every restriction; a foreign image may need root, a writable disk or more memory. */
  readonly strict: boolean;
  /** Publish the port on loopback: only where container addresses cannot be dialled, because it costs a userland proxy. */
  readonly publish: boolean;
}

const MIB = 1024 ** 2;
const PIDS = 256;
const LOG = { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '2' } };

const STRICT = {
  CapDrop: ['ALL'],
  ReadonlyRootfs: true,
  Tmpfs: { '/tmp': 'rw,noexec,nosuid,nodev,size=16m' },
  Memory: 256 * MIB,
  // The same as Memory: no swap on top.
  MemorySwap: 256 * MIB,
  NanoCpus: 1e9,
};

export function containerOptions({ pool, spec, image, strict, publish }: ContainerTerms): ContainerCreateOptions {
  const { slot, specHash, workload } = spec;
  const port = `${workload.port}/tcp`;
  // The contract's variables last: REPLICA_ENV cannot take the name and the port away.
  const env = { ...workload.env, PORT: String(workload.port), SERVER_ID: slot };
  return {
    name: containerName(pool, spec),
    Image: image,
    ...(workload.command && { Cmd: [...workload.command] }),
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    Labels: { [POOL_LABEL]: pool, [SPEC_LABEL]: specHash, [PORT_LABEL]: String(workload.port) },
    ...(publish && { ExposedPorts: { [port]: {} } }),
    HostConfig: {
      NetworkMode: networkName(pool),
      ...(publish && { PortBindings: { [port]: [{ HostIp: '127.0.0.1', HostPort: '' }] } }),
      // Reaps zombies and passes SIGTERM on to programs that would ignore it as PID 1.
      Init: true,
      SecurityOpt: ['no-new-privileges'],
      PidsLimit: PIDS,
      LogConfig: LOG,
      // The balancer respawns, in its own time and under a new generation; two masters would fight.
      RestartPolicy: { Name: 'no' },
      ...(strict && STRICT),
    },
  };
}
