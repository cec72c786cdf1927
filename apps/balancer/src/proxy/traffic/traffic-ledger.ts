// Owns which replica the counts of a row belong to, on the main thread of the data process: a replica's count goes on through
// all its instances, and is gone with the replica. Counting is the lanes', naming the numbers traffic-report.ts's.
import type { ClaimRows } from '../../routing/claim-rows.js';
import type { RowRef } from '../../routing/claims.js';
import type { Snapshot } from '../../routing/link/messages.js';
import { emptyRow, type RowTraffic, readRow, type TrafficCells } from './traffic-cells.js';

interface Tenancy {
  readonly replica: string;
  readonly ref: RowRef;
  /** What stood in the row when it began. */
  readonly before: readonly number[];
}

export interface ReplicaTraffic extends RowTraffic {
  readonly replica: string;
  /** Rows of its instances that may still carry requests. */
  readonly rows: readonly number[];
}

export class TrafficLedger {
  /** By instance. */
  readonly #tenancies = new Map<string, Tenancy>();
  /** Of instances that are gone, by replica. */
  readonly #settled = new Map<string, number[]>();
  #members: ReadonlySet<string> = new Set();

  constructor(
    private readonly cells: TrafficCells,
    private readonly claimRows: Pick<ClaimRows, 'has' | 'reclaim'>,
  ) {}

  /** Call in the same turn in which the claim rows took this snapshot: a row must not count for a tenant that is not noted. */
  apply({ members, instances }: Pick<Snapshot, 'members' | 'instances'>, rows: ReadonlyMap<string, RowRef>): void {
    this.#members = new Set(members.map(({ name }) => name));
    this.#settle();
    for (const { id, replica } of instances) {
      const ref = rows.get(id);
      if (!ref || this.#tenancies.has(id)) continue;
      this.cells.use(ref.row);
      this.#tenancies.set(id, { replica, ref, before: this.cells.row(ref.row) });
    }
  }

  /** Every replica that is wanted, or still finishes its last requests. */
  replicas(): ReplicaTraffic[] {
    // Or who left would be shown until the next snapshot comes.
    this.claimRows.reclaim();
    this.#settle();
    const sums = new Map<string, { numbers: number[]; rows: number[] }>();
    for (const name of this.#members) sums.set(name, { numbers: this.#settled.get(name) ?? emptyRow(), rows: [] });
    for (const tenancy of this.#tenancies.values()) {
      const { replica, ref } = tenancy;
      const { numbers, rows } = sums.get(replica) ?? { numbers: this.#settled.get(replica) ?? emptyRow(), rows: [] };
      sums.set(replica, { numbers: plus(numbers, this.#since(tenancy)), rows: [...rows, ref.row] });
    }
    return [...sums].map(([replica, { numbers, rows }]) => ({ replica, rows, ...readRow(numbers) }));
  }

  /** Moves what instances that are gone have counted to their replicas, and forgets replicas that are gone. */
  #settle(): void {
    for (const [id, tenancy] of this.#tenancies) {
      if (this.claimRows.has(id)) continue;
      const { replica } = tenancy;
      this.#settled.set(replica, plus(this.#settled.get(replica) ?? emptyRow(), this.#since(tenancy)));
      this.#tenancies.delete(id);
    }
    const living = new Set([...this.#tenancies.values()].map(({ replica }) => replica));
    for (const replica of this.#settled.keys())
      if (!this.#members.has(replica) && !living.has(replica)) this.#settled.delete(replica);
  }

  #since({ ref, before }: Tenancy): number[] {
    return this.cells.row(ref.row).map((number, index) => number - before[index]);
  }
}

function plus(a: readonly number[], b: readonly number[]): number[] {
  return a.map((number, index) => number + b[index]);
}
