// Owns when an answer under way is given up: nothing moves any more, and whoever has to move it had time enough. Looks at it now
// and then instead of at each chunk, so that relaying costs nothing. Pure. What moves is the lane's to count, and the cut is
// the attempt machine's.

/** Who has to act before bytes of an exchange can move: the client has to send or to take some, the replica to take or to send some. */
export type Awaited = 'client' | 'replica_takes' | 'replica_sends';

export interface RelayRules {
  /** Milliseconds for the client, and for a replica that does not take the rest of the body. */
  readonly idleTimeout: number;
  /** Milliseconds for a replica that is silent in the middle of its answer; 0 = as long as it likes. */
  readonly streamTimeout: number;
}

/** Looks per timeout: what stands still is cut after one to one and a half of it. */
const LOOKS = 4;

/** Milliseconds between two looks. */
export function lookInterval({ idleTimeout, streamTimeout }: RelayRules): number {
  return (streamTimeout > 0 ? Math.min(idleTimeout, streamTimeout) : idleTimeout) / LOOKS;
}

export class RelayWatch {
  #moved = -1;
  #awaited: Awaited | undefined;
  #since = 0;

  constructor(private readonly rules: RelayRules) {}

  /** @param moved any number that changes as bytes move @returns how it ends; undefined: it goes on */
  look(now: number, awaited: Awaited, moved: number): 'client_stalled' | 'mid_stream' | undefined {
    if (moved !== this.#moved || awaited !== this.#awaited) {
      [this.#moved, this.#awaited, this.#since] = [moved, awaited, now];
      return undefined;
    }
    const { idleTimeout, streamTimeout } = this.rules;
    const patience = awaited === 'replica_sends' ? streamTimeout : idleTimeout;
    if (patience === 0 || now - this.#since < patience) return undefined;
    return awaited === 'client' ? 'client_stalled' : 'mid_stream';
  }
}
