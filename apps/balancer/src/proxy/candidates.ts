// Owns one request's walk over its candidates: it takes the next one of the key's own order that can be claimed and holds
// at most one claim at a time. The order is the table's, the claim the claim table's.
import type { ClaimTable } from '../routing/claims.js';
import type { RoutingTable, Target } from '../routing/table.js';

/** The newest table, and how to wait for the one after it. */
export interface Tables {
  /** undefined until control has published one. */
  readonly current: RoutingTable | undefined;
  /** Resolves with a table newer than `epoch`; undefined when none came in time. */
  newerThan(epoch: number): Promise<RoutingTable | undefined>;
}

export class Candidates {
  #held: Target | undefined;
  #tunnel = false;
  #tried: Target[] = [];
  #stale = false;

  constructor(
    private readonly claims: ClaimTable,
    private readonly worker: number,
    private readonly tables: Tables,
    private table: RoutingTable,
    private readonly hash: number,
  ) {}

  /** Releases the candidate before and claims the next; undefined when nobody is left. */
  next(): Target | undefined {
    this.release();
    const inFlight = (row: number) => this.claims.inFlight(row);
    for (;;) {
      const target = this.table.pick(this.hash, inFlight, this.#tried);
      if (!target) return undefined;
      this.#tried.push(target);
      if (this.claims.claim(this.worker, target.ref)) return (this.#held = target);
      this.#stale = true;
    }
  }

  /**
   * Like `next`, but when nobody is left in the table of this request it goes on with a newer one, if there is one, or if one
   * must be on its way: a claim was refused, so the state words are ahead of the table, and whoever succeeds the replica that
   * just began to drain stands in the next.
   */
  async nextOrNewer(): Promise<Target | undefined> {
    const target = this.next();
    const newest = this.tables.current?.epoch ?? 0;
    if (target || (!this.#stale && newest <= this.table.epoch)) return target;
    const newer = await this.tables.newerThan(this.table.epoch);
    if (!newer) return undefined;
    const triedInstances = new Set(this.#tried.map(({ instance }) => instance.id));
    this.table = newer;
    this.#stale = false;
    this.#tried = newer.targets.filter(({ instance }) => triedInstances.has(instance.id));
    return this.next();
  }

  /** The held candidate still takes requests: what happens to it now is no drain. */
  get heldIsReady(): boolean {
    return this.#held !== undefined && this.claims.isReady(this.#held.ref);
  }

  /** Each claim is released once; more often does nothing. */
  release(): void {
    const held = this.#held;
    if (!held) return;
    this.#held = undefined;
    if (this.#tunnel) this.claims.closeTunnel(this.worker, held.ref);
    else this.claims.release(this.worker, held.ref);
  }

  /** From now on the claim counts as a tunnel. */
  becomeTunnel(): void {
    if (!this.#held) return;
    this.#tunnel = true;
    this.claims.openTunnel(this.worker, this.#held.ref);
  }
}
