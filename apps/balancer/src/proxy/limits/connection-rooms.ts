// Owns how many connections of this worker each instance has, whichever pool made them, and that an idle one makes room where the
// limit is reached. Whether there may be one more is decided before, by the claim: each has a connection to itself, so that all
// others are idle. Pure.

/** Closes the connection of a pool that has been idle for longest. @returns whether there was one */
export type CloseIdle = () => boolean;

/** The connections to one instance. */
export class ConnectionRoom {
  #open = 0;
  readonly #pools: CloseIdle[] = [];

  constructor(private readonly limit: number) {}

  get open(): number {
    return this.#open;
  }

  addPool(closeIdle: CloseIdle): void {
    this.#pools.push(closeIdle);
  }

  /** One is about to be made. */
  opening(): void {
    // Those that are closed count until they say so: at worst one more is closed than had to be.
    for (let surplus = this.#open + 1 - this.limit; surplus > 0; surplus--)
      if (!this.#pools.some((closeIdle) => closeIdle())) break;
    this.#open++;
  }

  closed(): void {
    this.#open--;
  }
}

export class ConnectionRooms {
  readonly #rooms = new Map<string, ConnectionRoom>();

  /** @param limit of each instance */
  constructor(private readonly limit: number) {}

  of(instanceId: string): ConnectionRoom {
    let room = this.#rooms.get(instanceId);
    if (!room) this.#rooms.set(instanceId, (room = new ConnectionRoom(this.limit)));
    return room;
  }

  /** Forgets all others; whoever still uses the room of one has it. */
  retain(instanceIds: ReadonlySet<string>): void {
    for (const id of this.#rooms.keys()) if (!instanceIds.has(id)) this.#rooms.delete(id);
  }
}
