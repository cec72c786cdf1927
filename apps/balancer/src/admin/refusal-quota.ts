// Owns how many calls that nobody let in the audit log takes: a stranger who is refused again and again shall not push out what
// operators did. Pure: time comes in. Which calls those are is audit-entry.ts's.

/** So many from the first one on; the next minute begins with the next one. */
export const REFUSALS_PER_MINUTE = 10;
const MINUTE = 60_000;

export class RefusalQuota {
  private began = -Infinity;
  private taken = 0;

  /** @param now monotonic milliseconds @returns whether there is room for one more */
  take(now: number): boolean {
    if (now - this.began >= MINUTE) {
      this.began = now;
      this.taken = 0;
    }
    return this.taken++ < REFUSALS_PER_MINUTE;
  }
}
