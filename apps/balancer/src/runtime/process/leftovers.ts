// Owns what an earlier balancer of this pool left running when it was killed: recognised by pid and start time, never by
// pid alone. They serve until the orchestrator ends them.
import { rmSync } from 'node:fs';
import type { Logger } from '../../telemetry/logger.js';
import { silentLogger } from '../../telemetry/logger.js';
import { Ledger, type LedgerEntry } from './ledger.js';
import { logFolder } from './log-file.js';
import { endGroup, pollUntilDead } from './process-group.js';
import { findLeaderByEnvironment, identify } from './process-identity.js';

/** Told to each replica, so that a start which was cut short can be found again. */
export const INSTANCE_VARIABLE = 'HASHFLOW_INSTANCE';

export interface Leftover extends LedgerEntry {
  readonly pid: number;
  readonly startTime: string;
}

/** Those of the entries that still live. */
export async function findLeftovers(entries: readonly LedgerEntry[]): Promise<Leftover[]> {
  const found: Leftover[] = [];
  for (const entry of entries) {
    const pid = entry.pid ?? (await findLeaderByEnvironment(INSTANCE_VARIABLE, entry.id));
    if (pid === undefined) continue;
    const startTime = (await identify(pid))?.startTime;
    if (startTime === undefined) continue;
    if (entry.startTime !== null && entry.startTime !== startTime) continue;
    found.push({ ...entry, pid, startTime });
  }
  return found;
}

/** SIGTERM to its group, SIGKILL after `graceMs`; already dead is success. @throws RuntimeError code `timeout` */
export async function endLeftover(leftover: Leftover, graceMs: number): Promise<void> {
  const dead = pollUntilDead(leftover.pid, leftover.startTime);
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
  const leftovers = await findLeftovers(ledger.load());
  await Promise.all(leftovers.map((leftover) => endLeftover(leftover, graceMs)));
  ledger.destroy();
  rmSync(logFolder(stateDir), { recursive: true, force: true });
  return leftovers.map(({ slot, pid }) => ({ slot, pid }));
}
