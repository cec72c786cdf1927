// Owns what an earlier balancer of this pool left running when it was killed: recognised by pid and start time, never by
// pid alone. They serve until the orchestrator ends them.
import { rmSync } from 'node:fs';
import { type Logger, silentLogger } from '../../telemetry/logger.js';
import type { ObservedInstance } from '../replica-runtime.js';
import { LOOPBACK } from './free-port.js';
import { Ledger, type LedgerEntry } from './ledger.js';
import { logFile, logFolder } from './log-file.js';
import { endGroup, pollUntilDead } from './process-group.js';
import { findLeaderByEnvironment, identify } from '../../platform/process-identity.js';

/** Told to each replica, so that a start which was cut short can be found again. */
export const INSTANCE_VARIABLE = 'HASHFLOW_INSTANCE';

export interface Leftover extends LedgerEntry {
  readonly pid: number;
  readonly startTime: string;
  readonly frozen: boolean;
}

export class Leftovers {
  /** As the last balancer left the ledger: read once, before this one writes its own replicas there. */
  private readonly entries: Map<string, LedgerEntry>;

  constructor(
    private readonly ledger: Ledger,
    private readonly stateDir: string,
  ) {
    this.entries = new Map(ledger.load().map((entry) => [entry.id, entry]));
  }

  /** Nobody tells of the death of a process that is not our child: each look checks who still lives, and forgets the rest. */
  async live(): Promise<Leftover[]> {
    const found = await Promise.all([...this.entries.values()].map((entry) => recognise(entry)));
    for (const entry of this.entries.values()) {
      if (!found.some((leftover) => leftover?.id === entry.id)) this.forget(entry.id);
    }
    return found.filter((leftover) => leftover !== undefined);
  }

  async find(id: string): Promise<Leftover | undefined> {
    return this.entries.has(id) ? (await this.live()).find((leftover) => leftover.id === id) : undefined;
  }

  /** With its log and its line in the ledger. The caller has ended it. */
  forget(id: string): void {
    const entry = this.entries.get(id);
    if (!entry) return;
    this.entries.delete(id);
    this.ledger.delete(id);
    rmSync(this.logOf(entry), { force: true });
  }

  logOf({ slot, generation }: LedgerEntry): string {
    return logFile(this.stateDir, slot, generation);
  }

  logs(): string[] {
    return [...this.entries.values()].map((entry) => this.logOf(entry));
  }
}

export function observeLeftover({ frozen, port, ...entry }: Leftover): ObservedInstance {
  const { id, slot, generation, specHash, pid, startedAt } = entry;
  const address = { host: LOOPBACK, port };
  return {
    id,
    slot,
    generation,
    specHash,
    state: frozen ? 'paused' : 'running',
    address,
    pid,
    startedAt,
    leftover: true,
  };
}

/** SIGTERM to its group, SIGKILL after `graceMs`; already dead is success. @throws RuntimeError code `timeout` */
export async function endLeftover(leftover: Leftover, graceMs: number): Promise<void> {
  const dead = pollUntilDead(leftover);
  if (await dead(0)) return;
  await endGroup(leftover.pid, graceMs, dead);
}

/**
 * Ends all processes that the pool of this STATE_DIR has left, with their logs. Only while no balancer runs there.
 * @returns those that lived
 */
export async function endLeftovers(
  stateDir: string,
  graceMs: number,
  logger: Logger = silentLogger,
): Promise<readonly { slot: string; pid: number }[]> {
  const ledger = new Ledger(stateDir, logger);
  const leftovers = await new Leftovers(ledger, stateDir).live();
  await Promise.all(leftovers.map((leftover) => endLeftover(leftover, graceMs)));
  ledger.destroy();
  rmSync(logFolder(stateDir), { recursive: true, force: true });
  return leftovers.map(({ slot, pid }) => ({ slot, pid }));
}

/** The process of this entry, if it still lives. */
async function recognise(entry: LedgerEntry): Promise<Leftover | undefined> {
  const pid = entry.pid ?? (await findLeaderByEnvironment(INSTANCE_VARIABLE, entry.id));
  const identity = pid === undefined ? undefined : await identify(pid);
  if (pid === undefined || identity === undefined) return undefined;
  const { startTime, frozen } = identity;
  return entry.startTime === null || entry.startTime === startTime ? { ...entry, pid, startTime, frozen } : undefined;
}
