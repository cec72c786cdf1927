// Owns which event comes next in the steady load: drawn by weight, from those that the pool can bear. Pure. Carrying it out
// is steady.ts's.

export const EVENTS = ['add', 'remove', 'kill', 'freeze', 'restart', 'deploy', 'control'] as const;
export type EventKind = (typeof EVENTS)[number];

export interface Event {
  readonly kind: EventKind;
  /** Which of the ready replicas it happens to, counted from 0; -1 where it happens to none. */
  readonly index: number;
  /** Milliseconds to wait after it, besides what it takes. */
  readonly gapMs: number;
}

export interface PoolFacts {
  /** Members, whatever their state. */
  readonly members: number;
  readonly ready: number;
  /** No deploy where the balancer has no such route, or while one is under way. */
  readonly mayDeploy: boolean;
}

/** The pool stays within these. */
export const LEAST = 3;
export const MOST = 8;
/** Ready replicas that a fault has to leave: with none left no balancer could answer. */
const SPARE = 2;
const GAP_MS = { least: 100, most: 1_000 };

const WEIGHTS: Readonly<Record<EventKind, number>> = {
  add: 4,
  remove: 4,
  kill: 6,
  freeze: 3,
  restart: 4,
  deploy: 1,
  control: 2,
};

/** undefined: nothing can be done to the pool as it is; look again later. No number is drawn then. */
export function nextEvent(random: () => number, facts: PoolFacts): Event | undefined {
  const possible = EVENTS.filter((kind) => bears(kind, facts));
  if (possible.length === 0) return undefined;
  const total = possible.reduce((sum, kind) => sum + WEIGHTS[kind], 0);
  let drawn = random() * total;
  const kind = possible.find((one) => (drawn -= WEIGHTS[one]) < 0) ?? possible[0];
  if (kind === undefined) return undefined;
  const aimed = kind === 'kill' || kind === 'freeze' || kind === 'restart' || kind === 'remove';
  const index = Math.floor(random() * facts.ready);
  const gapMs = Math.round(GAP_MS.least + random() * (GAP_MS.most - GAP_MS.least));
  return { kind, index: aimed ? index : -1, gapMs };
}

function bears(kind: EventKind, { members, ready, mayDeploy }: PoolFacts): boolean {
  const spare = ready - 1 >= SPARE;
  switch (kind) {
    case 'add':
      return members < MOST;
    case 'remove':
      return members > LEAST && spare;
    case 'kill':
    case 'freeze':
    case 'restart':
      return spare;
    case 'deploy':
      return mayDeploy && spare;
    case 'control':
      return ready >= SPARE;
  }
}
