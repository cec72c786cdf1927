// Owns what operators may ask about the ring: how it stands, how it came to that, what a change would move, and where a
// request goes. Reads only; the shapes are ring-views.ts's, changing the ring is the manager's.
import { compileHashKey } from '../../routing/hash-key.js';
import type { Pool, PoolParts } from '../pool.js';
import { PoolError } from '../pool-error.js';
import { toRingMembers } from './pool-ring.js';
import type { RingChange } from './ring-history.js';
import { type HotKeysView, hotKeysView } from './hot-keys-view.js';
import { proposedMembers, type RingProposal } from './ring-proposal.js';
import { candidateView, type PreviewView, previewView, type RingView, ringView, type RouteView } from './ring-views.js';
import { RouteFinder, type RouteQuestion, sourceOf } from './route-finder.js';

/** Longest wait for the data process to tell its hot keys, in milliseconds. */
const HOT_KEYS_TIMEOUT = 1000;

export class RingReports {
  private readonly routes = new RouteFinder();

  /** @param running the pool; @throws PoolError not_running, and so do all methods */
  constructor(
    private readonly parts: Pick<PoolParts, 'settings' | 'link' | 'ring' | 'options'>,
    private readonly running: () => Pool,
  ) {}

  ring(): RingView {
    const { members, hashKey } = this.running().store.current;
    const { ring, link } = this.parts;
    return ringView({
      placement: ring.current(),
      epoch: link.epoch,
      chain: compileHashKey(hashKey),
      keyCounts: link.lastKeyCounts(),
      names: members.map(({ name }) => name),
    });
  }

  /**
   * The hottest keys of the last minutes, each with the replica that owns it on the ring.
   * @throws PoolError not_running when the data process does not tell
   */
  async hotKeys(limit: number): Promise<HotKeysView> {
    this.running();
    const { ring, link } = this.parts;
    const list = await link.hotKeys(limit, HOT_KEYS_TIMEOUT);
    if (!list) throw new PoolError('not_running', 'The data process does not tell its keys; try again');
    return hotKeysView(list, ring.current());
  }

  /** Changes of the ring, newest first. */
  history(): readonly RingChange[] {
    return this.running().store.current.ringHistory;
  }

  /** What a change of the members would move. @throws PoolError when the members or the ring would not allow it */
  preview(proposal: RingProposal): PreviewView {
    const { members } = this.running().store.current;
    const { ring, settings } = this.parts;
    const proposed = proposedMembers(members, proposal, settings.maxReplicas);
    return previewView(ring.diff(ring.current(), ring.build(toRingMembers(proposed))));
  }

  /**
   * Where a request goes by the routing table published last and the load reported last.
   * @throws PoolError not_running while an earlier balancer's table is in force; and whatever reading the request throws
   */
  route(question: RouteQuestion): RouteView {
    const { store, reconciler } = this.running();
    const { routingTable, phases } = reconciler;
    if (!routingTable) throw new PoolError('not_running', 'The routing table is not known yet; try again');
    const { link, options, settings } = this.parts;
    const source = sourceOf(question, compileHashKey(store.current.hashKey), options.random);
    const { hash, slot, ranked } = this.routes.find(routingTable, source.key, link.lastCounters(), settings);
    return { ...source, hash, slot, candidates: ranked.map((one) => candidateView(one, phases.get(one.name))) };
  }
}
