// Owns the pool on one page: what it is, how each replica is, what has happened last. Pure. When it is drawn is the commands'.
import type { PoolEvent, Replica, Status } from './api.js';
import { age, clock, percent, plain } from './figures.js';
import { table } from './table.js';

export interface Overview {
  readonly status: Status;
  readonly replicas: readonly Replica[];
}

/** @param now epoch milliseconds @param width columns of the terminal */
export function overviewLines({ status, replicas }: Overview, now: number, width = Infinity): string[] {
  const { pool, runtime, algorithm, digest, ready, desired, draining, engine, drift, panic, standby } = status;
  const further = [
    ...(draining > 0 ? [`${draining} draining`] : []),
    ...(standby && standby.wanted > 0 ? [`${standby.ready} of ${standby.wanted} standing by`] : []),
  ].map((part) => `, ${part}`);
  return [
    `pool ${plain(pool)}: ${ready} of ${desired} ready${further.join('')}   (${plain(runtime)}, ${plain(algorithm)}, ring ${plain(digest).slice(0, 12)})`,
    ...(engine.status === 'ok'
      ? []
      : [`! the engine is away since ${age(engine.since, now)}: ${plain(engine.reason ?? '')}`]),
    ...(panic ? ['! panic: too few replicas are ready, those that fail are tried too'] : []),
    ...drift.map((line) => `! ${plain(line)}`),
    '',
    ...table(
      ['NAME', 'STATE', 'FOR', 'IN FLIGHT', 'SHARE', 'WEIGHT', 'RESTARTS', 'REASON'],
      replicas.map(row(now)),
      width,
    ),
  ].map((line) => (line.length > width ? `${line.slice(0, Math.max(0, width - 1))}…` : line));
}

const row =
  (now: number) =>
  ({ name, state, since, inFlight, share, weight, restarts, reason }: Replica): string[] => [
    name,
    state,
    age(since, now),
    String(inFlight),
    percent(share),
    String(weight),
    String(restarts),
    reason ?? '',
  ];

const HEAD = new Set(['id', 'at', 'type', 'replica', 'instance', 'digest']);

/** One line: when, what, who, and the fields of its type. */
export function eventLine(event: PoolEvent): string {
  const who = typeof event.replica === 'string' ? event.replica : namesOf(event.replicas);
  const fields = Object.entries(event)
    .filter(([name, value]) => !HEAD.has(name) && name !== 'replicas' && value !== null)
    .map(([name, value]) => field(name, value));
  return plain([clock(event.at), event.type.padEnd(14), who.padEnd(12), fields.join(', ')].join('  ').trimEnd());
}

function namesOf(value: unknown): string {
  return Array.isArray(value) ? value.join(', ') : '';
}

function field(name: string, value: unknown): string {
  if (name === 'reason' && typeof value === 'string') return value;
  if (name === 'moved' || name === 'minimum') return `${name} ${percent(Number(value))}`;
  if (Array.isArray(value)) return value.join('; ');
  return `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`;
}
