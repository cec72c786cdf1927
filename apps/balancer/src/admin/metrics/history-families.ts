// Owns the series of what has happened to the pool since this balancer began: it follows the pool's events, from the first on,
// and counts. What an event is, orchestrator/events/pool-event.ts says; probes are no events, and counted by the orchestrator.
import type { Registry } from 'prom-client';
import { type EventLog, MOST_EVENTS } from '../../orchestrator/events/event-log.js';
import { POOL_EVENT_TYPES, type PoolEvent } from '../../orchestrator/events/pool-event.js';
import type { ProbeTally } from '../../orchestrator/probing/probe-tally.js';
import { LIFE_BOUNDS, PROBE_BOUNDS, Tally } from '../../telemetry/buckets.js';
import { familiesOf, type Labels } from './families.js';

const EJECTION_CAUSES = ['notice', 'conduct'] as const;
/** Parts of the key space are sums of fractions: equal ones may differ in the last digits. */
const ROUNDING = 1e-12;

interface ReplicaHistory {
  deaths: number;
  readonly ejections: Record<(typeof EJECTION_CAUSES)[number], number>;
}

export class HistoryFamilies {
  private readonly byType = new Map(POOL_EVENT_TYPES.map((type) => [type, 0]));
  private readonly byReplica = new Map<string, ReplicaHistory>();
  private readonly starts = new Tally(LIFE_BOUNDS);
  private readonly drains = new Tally(LIFE_BOUNDS);
  private moved = 0;
  private excess = 0;
  private readonly families: ReturnType<typeof historyFamilies>;

  constructor(
    registry: Registry,
    events: Pick<EventLog, 'latest' | 'onRecord'>,
    private readonly probes: ProbeTally,
  ) {
    this.families = historyFamilies(registry);
    for (const event of events.latest(MOST_EVENTS)) this.follow(event);
    events.onRecord(() => {
      for (const event of events.latest(1)) this.follow(event);
    });
  }

  /** @param names of the replicas that there are: those of others are forgotten */
  show(names: readonly string[]): void {
    const members = new Set(names);
    for (const name of this.byReplica.keys()) if (!members.has(name)) this.byReplica.delete(name);
    const { events, starts, drains, moved, excess } = this.families;
    events.show([...this.byType].map(([type, count]) => [{ type }, count]));
    starts.show([[{}, this.starts]]);
    drains.show([[{}, this.drains]]);
    moved.value(this.moved);
    excess.value(this.excess);
    this.showReplicas(members);
  }

  private showReplicas(members: ReadonlySet<string>): void {
    const { deaths, ejections, probes, probeDurations } = this.families;
    const histories = [...members].map((name) => [name, this.byReplica.get(name) ?? newHistory()] as const);
    deaths.show(histories.map(([replica, history]) => [{ replica }, history.deaths]));
    ejections.show(
      histories.flatMap(([replica, history]) =>
        EJECTION_CAUSES.map((cause): [Labels, number] => [{ replica, cause }, history.ejections[cause]]),
      ),
    );
    probes.show(
      [...this.probes.of(members)].flatMap(([replica, counts]) =>
        Object.entries(counts).map(([result, count]): [Labels, number] => [{ replica, result }, count]),
      ),
    );
    probeDurations.show([[{}, this.probes.durations]]);
  }

  private follow(event: PoolEvent): void {
    this.byType.set(event.type, (this.byType.get(event.type) ?? 0) + 1);
    switch (event.type) {
      case 'added':
      case 'removed':
      case 'weight':
        this.moved += event.moved;
        this.excess += event.moved - event.minimum > ROUNDING ? event.moved - event.minimum : 0;
        break;
      case 'ready':
        if (event.was === 'starting' && event.afterMs !== null) this.starts.observe(event.afterMs / 1000);
        break;
      case 'drain-ended':
        if (event.afterMs !== null) this.drains.observe(event.afterMs / 1000);
        break;
      case 'death':
        this.historyOf(event.replica).deaths++;
        break;
      case 'ejected':
        this.historyOf(event.replica).ejections[event.cause]++;
        break;
      default:
        break;
    }
  }

  private historyOf(replica: string): ReplicaHistory {
    const known = this.byReplica.get(replica) ?? newHistory();
    this.byReplica.set(replica, known);
    return known;
  }
}

function newHistory(): ReplicaHistory {
  return { deaths: 0, ejections: { notice: 0, conduct: 0 } };
}

function historyFamilies(registry: Registry) {
  const { family, histogram } = familiesOf(registry);
  return {
    events: family('events_total', 'What happened to the pool, by the type of the event.'),
    starts: histogram(
      'replica_start_duration_seconds',
      'From the need of a new instance to its first request.',
      LIFE_BOUNDS,
    ),
    drains: histogram(
      'replica_drain_duration_seconds',
      'From the last new request of an instance to the end of its last one.',
      LIFE_BOUNDS,
    ),
    moved: family(
      'ring_moved_ratio_total',
      'Parts of the key space that changes of the ring gave to another owner, added up.',
    ),
    excess: family('ring_excess_ratio_total', 'What of that was more than any placement has to move, added up.'),
    deaths: family('replica_deaths_total', 'Instances that ended unasked, could not be made, or were given up.'),
    ejections: family(
      'replica_ejections_total',
      'Ejections: after a notice of its end, or for the conduct of its requests.',
    ),
    probes: family('replica_probes_total', 'Health probes by result.'),
    probeDurations: histogram('probe_duration_seconds', 'From asking to the verdict of a health probe.', PROBE_BOUNDS),
  };
}
