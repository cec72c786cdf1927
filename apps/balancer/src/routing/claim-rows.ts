// Owns which instance holds which row of the claim table, on the main thread of the data process. A row is freed only when
// nothing of its tenant is left in flight; what the rows count is claims.ts's.
import type { ClaimTable, RowRef } from './claims.js';
import type { InstanceCounters, InstanceState, SnapshotInstance } from './link/messages.js';

interface Tenant {
  readonly ref: RowRef;
  /** Of the snapshot in force; `left` = no longer in it, the row waits for its last tunnel or request. */
  state: InstanceState | 'left';
}

export class ClaimRows {
  readonly #tenants = new Map<string, Tenant>();
  readonly #free: number[];

  constructor(private readonly claims: ClaimTable) {
    this.#free = Array.from({ length: claims.rows }, (_, index) => claims.rows - 1 - index);
  }

  /**
   * Brings the state words in line with a snapshot: who is ready no longer comes first, so that no word lags behind what
   * the new table says. @returns the row of each instance; one that found no row is missing and gets no requests
   */
  apply(instances: readonly SnapshotInstance[]): ReadonlyMap<string, RowRef> {
    this.reclaim();
    const states = new Map(instances.map((instance) => [instance.id, instance.state]));
    for (const [id, tenant] of this.#tenants) {
      const state = states.get(id) ?? 'left';
      if (state !== 'ready') this.#set(tenant, state);
    }
    for (const [id, state] of states) {
      const tenant = this.#tenants.get(id) ?? this.#admit(id);
      if (tenant) this.#set(tenant, state);
    }
    const rows = new Map<string, RowRef>();
    for (const id of states.keys()) {
      const tenant = this.#tenants.get(id);
      if (tenant) rows.set(id, tenant.ref);
    }
    return rows;
  }

  /** Frees the rows of instances that left and carry nothing any more. */
  reclaim(): void {
    for (const [id, { state, ref }] of this.#tenants) {
      if (state !== 'left' || this.claims.inFlight(ref.row) > 0 || this.claims.tunnels(ref.row) > 0) continue;
      this.#tenants.delete(id);
      this.#free.push(ref.row);
    }
  }

  /** The instance has a row: it is in the snapshot in force, or still carries something. */
  has(instanceId: string): boolean {
    return this.#tenants.has(instanceId);
  }

  /** Draining instances of the snapshot in force, and what each still carries (tunnels aside). */
  *draining(): Iterable<{ readonly id: string; readonly inFlight: number }> {
    for (const [id, { state, ref }] of this.#tenants) {
      if (state === 'draining') yield { id, inFlight: this.claims.inFlight(ref.row) };
    }
  }

  counters(): InstanceCounters[] {
    return [...this.#tenants].map(
      ([
        id,
        {
          ref: { row },
        },
      ]) => ({
        id,
        inFlight: this.claims.inFlight(row),
        tunnels: this.claims.tunnels(row),
        requests: this.claims.requests(row),
        outcomes: this.claims.outcomes(row),
      }),
    );
  }

  #admit(id: string): Tenant | undefined {
    const row = this.#free.pop();
    if (row === undefined) return undefined;
    const tenant: Tenant = { ref: this.claims.assign(row), state: 'unready' };
    this.#tenants.set(id, tenant);
    return tenant;
  }

  #set(tenant: Tenant, state: Tenant['state']): void {
    tenant.state = state;
    this.claims.setState(tenant.ref, state === 'left' ? 'draining' : state);
  }
}
