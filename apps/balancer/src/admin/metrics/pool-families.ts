// Owns the series of the pool as it is now: replicas and their states, the ring, standbys, the engine. All of it is read from
// the views that operators see; what happened over time is history-families.ts's.
import type { Registry } from 'prom-client';
import type { ReplicaManager } from '../../orchestrator/replica-manager.service.js';
import type { PoolSummary, ReplicaState, ReplicaView } from '../../orchestrator/views/replica-view.js';
import type { HotKeyView } from '../../orchestrator/ring/hot-keys-view.js';
import type { RingView } from '../../orchestrator/ring/ring-views.js';
import { familiesOf, type Labels } from './families.js';

const STATES = Object.keys({
  starting: 0,
  ready: 0,
  unready: 0,
  'backing-off': 0,
  quarantined: 0,
  draining: 0,
  drained: 0,
} satisfies Record<ReplicaState, 0>) as readonly ReplicaState[];

export class PoolFamilies {
  private readonly pool: ReturnType<typeof poolFamilies>;
  private readonly ring: ReturnType<typeof ringFamilies>;
  private readonly replica: ReturnType<typeof replicaFamilies>;

  constructor(registry: Registry) {
    this.pool = poolFamilies(registry);
    this.ring = ringFamilies(registry);
    this.replica = replicaFamilies(registry);
  }

  /** @param manager null: the pool has not started, or is ending @param hotKeys the hottest first */
  show(
    manager: Pick<ReplicaManager, 'summary' | 'replicas' | 'rings'> | null,
    hotKeys: readonly Pick<HotKeyView, 'share'>[],
  ): void {
    this.showPool(manager ? [manager.summary()] : []);
    this.showRing(manager ? [manager.rings.ring()] : []);
    this.showReplicas(manager?.replicas() ?? []);
    this.ring.hotKeys.show(hotKeys.map(({ share }, index) => [{ rank: String(index + 1) }, share]));
  }

  private showPool(summaries: readonly PoolSummary[]): void {
    const { info, wanted, draining, standby, panic, engine } = this.pool;
    const each = (of: (summary: PoolSummary) => number) => summaries.map((one): [Labels, number] => [{}, of(one)]);
    info.show(summaries.map(({ pool, runtime }) => [{ pool, runtime }, 1]));
    wanted.show(each(({ desired }) => desired));
    draining.show(each((summary) => summary.draining));
    standby.show(
      summaries.flatMap(({ standby: { wanted: all, ready } }): [Labels, number][] => [
        [{ state: 'wanted' }, all],
        [{ state: 'ready' }, ready],
      ]),
    );
    panic.show(each((summary) => (summary.panic ? 1 : 0)));
    engine.show(each(({ engine: { status } }) => (status === 'ok' ? 1 : 0)));
  }

  private showRing(rings: readonly RingView[]): void {
    const { info, epoch, share, fair, weight, keys } = this.ring;
    const members = rings.flatMap((ring) => ring.members);
    info.show(rings.map(({ algorithm, digest }) => [{ algorithm, digest }, 1]));
    epoch.show(rings.map((ring) => [{}, ring.epoch]));
    share.show(members.map((member) => [{ replica: member.name }, member.share]));
    fair.show(members.map((member) => [{ replica: member.name }, member.fair]));
    weight.show(members.map((member) => [{ replica: member.name }, member.weight]));
    keys.show(rings.flatMap((ring) => ring.keys).map(({ link, requests }) => [{ link }, requests]));
  }

  private showReplicas(replicas: readonly ReplicaView[]): void {
    const { state, states, restarts, ramp } = this.replica;
    states.show(STATES.map((each) => [{ state: each }, replicas.filter((one) => one.state === each).length]));
    state.show(
      replicas.flatMap(({ name, state: current }) =>
        STATES.map((each): [Labels, number] => [{ replica: name, state: each }, each === current ? 1 : 0]),
      ),
    );
    restarts.show(replicas.map(({ name, restarts: count }) => [{ replica: name }, count]));
    ramp.show(replicas.map(({ name, ramp: part }) => [{ replica: name }, part ?? 1]));
  }
}

function poolFamilies(registry: Registry) {
  const { family } = familiesOf(registry);
  return {
    info: family('pool_info', 'Always 1: the pool and its runtime.'),
    wanted: family('replicas_wanted', 'Replicas that there should be.'),
    draining: family('draining_instances', 'Instances that finish their last requests.'),
    standby: family('standbys', 'Instances that should stand by, and those that could serve at once.'),
    panic: family('panic', 'Whether too few replicas are ready, so that those that fail are tried too.'),
    engine: family('engine_up', 'Whether the engine that runs the replicas answers.'),
  };
}

function ringFamilies(registry: Registry) {
  const { family } = familiesOf(registry);
  return {
    info: family('ring_info', 'Always 1: the algorithm, and the digest that is equal where keys are placed alike.'),
    epoch: family('ring_epoch', 'Number of the routing table published last.'),
    share: family('replica_share_ratio', 'Part of the key space that the replica owns.'),
    fair: family('replica_fair_share_ratio', 'Part that its weight entitles it to.'),
    weight: family('replica_weight', 'Weight of the replica.'),
    hotKeys: family(
      'hot_key_share_ratio',
      'Part of the requests of the last minutes that came for the hottest key, the next one, and so on.',
    ),
    keys: family('key_source_requests_total', 'Requests by the link of HASH_KEY that supplied their key.'),
  };
}

function replicaFamilies(registry: Registry) {
  const { family } = familiesOf(registry);
  return {
    states: family('replicas', 'Replicas by state.'),
    state: family('replica_state', '1 for the state that the replica is in, 0 for the others.'),
    restarts: family('replica_restarts_total', 'Instances that the replica has had after its first.'),
    ramp: family('replica_ramp_ratio', 'Part of its own keys that the replica takes; below 1 in its slow start.'),
  };
}
