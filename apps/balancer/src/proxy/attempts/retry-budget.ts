// Owns how many requests of a lane may be in a paid retry at a time, so that a slow replica does not multiply its load onto
// the others. What is paid is retry-policy.ts's. Pure.

/** Retries that are allowed whatever the load: without them a quiet balancer could retry nothing. */
const FLOOR = 3;
/** Of the requests under way. */
const SHARE = 0.2;

export class RetryBudget {
  #active = 0;
  #retrying = 0;

  /** @param onRefused told when a retry is asked for and none is left */
  constructor(private readonly onRefused: () => void = () => {}) {}

  /** Retries that are taken. */
  get held(): number {
    return this.#retrying;
  }

  /** A request begins; each needs one `leave`. */
  enter(): void {
    this.#active++;
  }

  /** @param paid the request had taken from the budget: that is given back */
  leave(paid: boolean): void {
    this.#active--;
    if (paid) this.#retrying--;
  }

  /** Takes one retry, held until the request leaves; false when all are taken. */
  take(): boolean {
    if (this.#retrying >= FLOOR + Math.floor(SHARE * this.#active)) {
      this.onRefused();
      return false;
    }
    this.#retrying++;
    return true;
  }
}
