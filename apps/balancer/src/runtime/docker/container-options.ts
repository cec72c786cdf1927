// Owns what a replica's container may and may not do, as options of the engine. Pure. How it is named is
// container-name.ts's, when it is made the orchestrator's.
import type { ContainerCreateOptions } from 'dockerode';
import { signalNumber } from '../container-signals.js';
import { type ContainerTraits, type InstanceSpec, SLOT_PLACEHOLDER } from '../replica-runtime.js';
import { slugOf } from '../slot-slug.js';
import { containerName, networkName } from './container-name.js';
import { NETWORKS_LABEL, POOL_LABEL, PORT_LABEL, SPEC_LABEL, STOP_SIGNAL_LABEL } from './labels.js';

export interface ContainerTerms {
  readonly pool: string;
  readonly spec: InstanceSpec;
  /** Pinned id. */
  readonly image: string;
  /** HARDENING, or what suits the image: ours bears every restriction, a foreign one may need root or a writable disk. */
  readonly strict: boolean;
  /** The image's own, where it has one. */
  readonly imageStopSignal?: string;
  /** Publish the port on loopback: only where container addresses cannot be dialled, because it costs a userland proxy. */
  readonly publish: boolean;
}

const MIB = 1024 ** 2;
const PIDS = 256;
const LOG = { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '2' } };

/** Where hardening is strict and nobody says otherwise. */
const STRICT_MEMORY = 256 * MIB;
const STRICT_CPUS = 1;
const SCRATCH = { '/tmp': 'rw,noexec,nosuid,nodev,size=16m' };

export function containerOptions(terms: ContainerTerms): ContainerCreateOptions {
  const { pool, spec, image, strict, publish } = terms;
  const { slot, workload } = spec;
  const traits = workload.container ?? {};
  const port = `${workload.port}/tcp`;
  // The contract's variables last: REPLICA_ENV cannot take the name and the port away.
  const env = { ...workload.env, PORT: String(workload.port), SERVER_ID: slot };
  return {
    name: containerName(pool, spec),
    Image: image,
    ...(workload.command && { Cmd: [...workload.command] }),
    // The engine keeps the image's own for an empty list, and none for an empty word.
    ...(traits.entrypoint && { Entrypoint: traits.entrypoint.length > 0 ? [...traits.entrypoint] : [''] }),
    ...(traits.user !== undefined && { User: traits.user }),
    ...(traits.workingDir !== undefined && { WorkingDir: traits.workingDir }),
    ...(traits.stopSignal !== undefined && { StopSignal: traits.stopSignal }),
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    Labels: { ...traits.labels, ...ownLabels(terms) },
    ...(publish && { ExposedPorts: { [port]: {} } }),
    HostConfig: {
      NetworkMode: networkName(pool),
      ...(publish && { PortBindings: { [port]: [{ HostIp: '127.0.0.1', HostPort: '' }] } }),
      // Reaps zombies and passes SIGTERM on to programs that would ignore it as PID 1.
      Init: true,
      SecurityOpt: ['no-new-privileges'],
      PidsLimit: traits.pids ?? PIDS,
      LogConfig: LOG,
      // The balancer respawns, in its own time and under a new generation; two masters would fight.
      RestartPolicy: { Name: 'no' },
      ...(strict && { CapDrop: ['ALL'], ReadonlyRootfs: true }),
      ...limits(traits, strict),
      ...storage(traits, slot, strict),
    },
  };
}

function ownLabels({ pool, spec, imageStopSignal }: ContainerTerms): Record<string, string> {
  const { port, container: { stopSignal, networks } = {} } = spec.workload;
  const stop = signalNumber(stopSignal ?? imageStopSignal ?? '');
  return {
    [POOL_LABEL]: pool,
    [SPEC_LABEL]: spec.specHash,
    [PORT_LABEL]: String(port),
    ...(stop !== undefined && { [STOP_SIGNAL_LABEL]: String(stop) }),
    ...(networks && networks.length > 0 && { [NETWORKS_LABEL]: JSON.stringify(networks) }),
  };
}

function limits({ memory, cpus }: ContainerTraits, strict: boolean): ContainerCreateOptions['HostConfig'] {
  const bytes = memory ?? (strict ? STRICT_MEMORY : undefined);
  const processors = cpus ?? (strict ? STRICT_CPUS : undefined);
  return {
    // The same for both: no swap on top.
    ...(bytes !== undefined && { Memory: bytes, MemorySwap: bytes }),
    ...(processors !== undefined && { NanoCpus: Math.round(processors * 1e9) }),
  };
}

function storage(
  { mounts = [], tmpfs }: ContainerTraits,
  slot: string,
  strict: boolean,
): ContainerCreateOptions['HostConfig'] {
  const taken = new Set([...mounts.map(({ target }) => target), ...Object.keys(tmpfs ?? {})]);
  const scratch = strict && !taken.has('/tmp') ? SCRATCH : undefined;
  return {
    ...((tmpfs ?? scratch) && { Tmpfs: { ...scratch, ...tmpfs } }),
    ...(mounts.length > 0 && {
      Mounts: mounts.map(({ type, source, target, readOnly }) => ({
        Type: type,
        // The slot and not the instance: a successor finds what its predecessor has left.
        Source: source.replaceAll(SLOT_PLACEHOLDER, slugOf(slot)),
        Target: target,
        ReadOnly: readOnly,
      })),
    }),
  };
}
