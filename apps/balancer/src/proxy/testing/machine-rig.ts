// Owns an attempt machine over a real table and real claims, with no lane, no wire and no clock: the test says what happens
// and when.
import { ClaimRows } from '../../routing/claim-rows.js';
import { type ClaimLimits, ClaimTable, NO_LIMITS } from '../../routing/claims.js';
import type { InstanceState, Outcome } from '../../routing/link/messages.js';
import { compileTable, type RoutingTable } from '../../routing/table.js';
import { testSnapshot } from '../../routing/testing/snapshots.js';
import { AttemptMachine } from '../attempts/attempt-machine.js';
import type { AttemptRules, RequestFacts } from '../attempts/attempt-scope.js';
import { Candidates, type CandidateScope } from '../attempts/candidates.js';
import { RequestQueue } from '../limits/request-queue.js';
import { RetryBudget } from '../attempts/retry-budget.js';

export const TEST_RULES: AttemptRules = {
  connectTimeout: 1000,
  responseTimeout: 30_000,
  idleTimeout: 60_000,
  streamTimeout: 0,
  totalTimeout: 0,
  noReplicaWait: 0,
  queueTimeout: 5000,
  retryAttempts: 3,
};

export class MachineRig {
  readonly claims = ClaimTable.create(1, 64);
  readonly #rows = new ClaimRows(this.claims);
  readonly budget = new RetryBudget();
  /** `A connect_failed`, in order. */
  readonly blamed: string[] = [];
  /** `A 200 after 5`, in order; milliseconds of the try. */
  readonly answers: string[] = [];
  /** Why requests were sent again, in order. */
  readonly retried: string[] = [];
  readonly shedder = { shedding: false };
  /** Of each replica. */
  limits: ClaimLimits = NO_LIMITS;
  /** Requests that may be in the queue. */
  queueCapacity = 0;
  readonly queue: RequestQueue;
  readonly #deferred: (() => void)[] = [];
  /** Other requests that wait for a table. */
  waiting = 0;
  #epoch = 0;
  current: RoutingTable | undefined;
  readonly states = new Map<string, InstanceState>();

  constructor(names: readonly string[] = ['A', 'B', 'C']) {
    for (const name of names) this.states.set(name, 'ready');
    const options = {
      capacity: 0,
      defer: (serve: () => void) => void this.#deferred.push(serve),
      deadlines: { follow: () => {} },
      onLeft: () => {},
    };
    Object.defineProperty(options, 'capacity', { get: () => this.queueCapacity });
    this.queue = new RequestQueue(options);
    this.publish();
  }

  /** The turn after this one. */
  settle(): void {
    while (this.#deferred.length > 0) this.#deferred.shift()?.();
  }

  /** Puts the states into force, as control does. */
  publish(): void {
    const snapshot = {
      ...testSnapshot([...this.states].map(([replica, state]) => ({ replica, state }))),
      epoch: ++this.#epoch,
    };
    this.current = compileTable(snapshot, this.#rows.apply(snapshot.instances));
  }

  /** Sets the state word of one; the table that says so comes with the next `publish`. */
  word(name: string, state: InstanceState): void {
    this.states.set(name, state);
    const target = this.current?.targets.find(({ instance }) => instance.replica === name);
    if (target) this.claims.setState(target.ref, state);
  }

  machine(facts: Partial<RequestFacts> = {}, rules: Partial<AttemptRules> = {}, key = 'k'): AttemptMachine {
    const scope = {
      settings: { ...TEST_RULES, ...rules },
      budget: this.budget,
      shedder: this.shedder,
      report: ({ instance }: { instance: { replica: string } }, outcome: Outcome) =>
        void this.blamed.push(`${instance.replica} ${outcome}`),
      answered: ({ instance }: { instance: { replica: string } }, status: number, took: number) =>
        void this.answers.push(`${instance.replica} ${status} after ${took}`),
      retried: (reason: string) => void this.retried.push(reason),
    };
    const candidates: CandidateScope = {
      claims: this.claims,
      worker: 0,
      tables: { current: undefined, wait: () => {}, waiting: 0, forget: () => {} },
      inFlight: (row) => this.claims.inFlight(row),
      limits: this.limits,
      queue: this.queue,
    };
    Object.defineProperty(candidates.tables, 'current', { get: () => this.current });
    Object.defineProperty(candidates.tables, 'waiting', { get: () => this.waiting });
    const table = this.current;
    return new AttemptMachine(
      scope,
      { idempotent: true, hasBody: false, collects: false, ...facts },
      table && new Candidates(candidates, table, table.hash(key)),
    );
  }

  /** Claims held by whomever. */
  get held(): number {
    return [...Array(this.claims.rows).keys()].reduce((sum, row) => sum + this.claims.inFlight(row), 0);
  }

  /** Requests that ever claimed a replica, by replica. */
  claimed(name: string): number {
    const target = this.current?.targets.find(({ instance }) => instance.replica === name);
    return target ? this.claims.requests(target.ref.row) : 0;
  }
}
