// Owns what is measured by turns: a program in front of the replicas that can say what it has spent. Which they are, plane.ts and
// nginx.ts know; who takes which turn is measure.ts's.

/** Microseconds of CPU since it began. */
export interface Spent {
  /** Of the thread that carries the requests. */
  readonly lane: number;
  /** Of all threads of its process. */
  readonly process: number;
}

export interface Subject {
  readonly port: number;
  spent(): Spent;
  /** Before and after a turn. @throws Error when it did not do what it was told, and so measured nothing */
  check(requests: number): Promise<void>;
  end(): void | Promise<void>;
}
