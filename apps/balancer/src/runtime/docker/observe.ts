// Owns how a container, as the engine tells it, is seen as an instance of the pool. Pure.
import type { ContainerInfo, ContainerInspectInfo } from 'dockerode';
import { signalName } from '../container-signals.js';
import type { Address, InstanceExit, ObservedInstance } from '../replica-runtime.js';
import type { Reach } from './engine-client.js';
import { networkName, parseContainerName } from './container-name.js';
import { PORT_LABEL, SPEC_LABEL, type Labels } from './labels.js';

const STATES: Readonly<Record<string, ObservedInstance['state']>> = {
  created: 'created',
  running: 'running',
  restarting: 'running',
  paused: 'paused',
  exited: 'exited',
  dead: 'exited',
  removing: 'exited',
};

/** Shells, engines and init programs report a death by signal N as 128 + N. */
const SIGNAL_BASE = 128;

export function observe(pool: string, reach: Reach, container: ContainerInspectInfo): ObservedInstance {
  const { State, NetworkSettings, Config } = container;
  const state = STATES[State.Status] ?? 'exited';
  const startedAt = epochOf(State.StartedAt);
  const published = NetworkSettings.Ports?.[`${Config.Labels[PORT_LABEL]}/tcp`]?.[0]?.HostPort;
  const host = NetworkSettings.Networks[networkName(pool)]?.IPAddress;
  const address = reach === 'address' ? addressOf(host, Config.Labels[PORT_LABEL]) : addressOf('127.0.0.1', published);
  return {
    ...identityOf(pool, container.Id, container.Name, Config.Labels),
    state,
    ...(alive(state) && address && { address }),
    ...(State.Pid > 0 && { pid: State.Pid }),
    ...(startedAt !== undefined && { startedAt }),
    ...(state === 'exited' && { exit: exitOf(State) }),
  };
}

/** From the engine's list alone, for a container that it lists but cannot be asked about (it holds one lock per container). */
export function observeSummary(pool: string, reach: Reach, container: ContainerInfo): ObservedInstance {
  const state = STATES[container.State] ?? 'exited';
  const port = container.Labels[PORT_LABEL];
  const published = container.Ports.find(({ PrivatePort }) => String(PrivatePort) === port)?.PublicPort;
  const host = container.NetworkSettings.Networks[networkName(pool)]?.IPAddress;
  const address = reach === 'address' ? addressOf(host, port) : addressOf('127.0.0.1', published);
  return {
    ...identityOf(pool, container.Id, container.Names[0] ?? '', container.Labels),
    state,
    ...(alive(state) && address && { address }),
  };
}

/**
 * A container of ours that somebody renamed fills no slot: it is listed with an empty one, so that the plan ends it and a
 * successor takes its place.
 */
function identityOf(pool: string, id: string, name: string, labels: Labels) {
  const { slot, generation } = parseContainerName(pool, name) ?? { slot: '', generation: 0 };
  return { id, slot, generation, specHash: labels[SPEC_LABEL] ?? '', leftover: false };
}

function alive(state: ObservedInstance['state']): boolean {
  return state === 'running' || state === 'paused';
}

function addressOf(host: string | undefined, port: string | number | undefined): Address | undefined {
  // Taken off the network by hand: alive, and nowhere to be dialled.
  return host && port ? { host, port: Number(port) } : undefined;
}

function exitOf(state: ContainerInspectInfo['State']): InstanceExit {
  const { ExitCode: code, OOMKilled: oom } = state;
  return { code, signal: signalName(code - SIGNAL_BASE) ?? null, oom, at: epochOf(state.FinishedAt) ?? 0 };
}

/** The engine writes year 1 for "never". */
function epochOf(time: string): number | undefined {
  const epoch = Date.parse(time);
  return epoch > 0 ? epoch : undefined;
}
