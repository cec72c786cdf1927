// Owns how the last result of each check of an instance is shown. Pure: nothing is decided here.
import type { InstanceRecord } from '../loop/ledger.js';
import { ejectionsInARow, type OutlierPolicy, outcomesInWindow } from '../outliers.js';
import type { ChecksView } from './replica-view.js';

/** Both clocks at one moment, and what turns remembered monotonic times into shown ones. */
export interface ShownNow {
  readonly now: number;
  readonly wall: number;
}

export function checksView(
  record: InstanceRecord | undefined,
  { now, wall }: ShownNow,
  policy: OutlierPolicy,
): ChecksView {
  if (!record) return { probe: null, conduct: null };
  const shown = (monotonic: number) => new Date(Math.round(wall - now + monotonic)).toISOString();
  const { health, conduct, ejected } = record;
  const { last } = health;
  return {
    probe: last && {
      result: last.kind,
      at: shown(last.at),
      durationMs: Math.round(last.took * 10) / 10,
      reason: last.reason,
      inARow: last.inARow,
    },
    conduct: {
      ...outcomesInWindow(conduct, now, policy),
      failuresInARow: conduct.failuresInARow,
      ejections: ejectionsInARow(conduct, now, policy),
      ejectedUntil: ejected?.cause === 'conduct' ? shown(ejected.until) : null,
    },
  };
}
