// Owns how many connections clients may have with this worker: in all, and from one address. Pure. What becomes of one too many
// is the lane server's.

/** Of an IPv6 client a network of so many bits counts as one address: it has all of that. */
export const PREFIX6 = 64;

export interface ClientLimitsOptions {
  /** 0 = any number. */
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  /** What a peer counts as; undefined: it may have any number, because it speaks for others. */
  readonly addressOf: (peer: string) => string | undefined;
}

export class ClientLimits {
  #open = 0;
  readonly #byAddress = new Map<string, number>();

  constructor(private readonly options: ClientLimitsOptions) {}

  /** @returns whether it may stay; then it needs one `leave` with the same peer */
  admit(peer: string): boolean {
    const { maxConnections, maxConnectionsPerAddress, addressOf } = this.options;
    if (maxConnections > 0 && this.#open >= maxConnections) return false;
    const address = maxConnectionsPerAddress > 0 ? addressOf(peer) : undefined;
    if (address !== undefined) {
      const open = this.#byAddress.get(address) ?? 0;
      if (open >= maxConnectionsPerAddress) return false;
      this.#byAddress.set(address, open + 1);
    }
    this.#open++;
    return true;
  }

  leave(peer: string): void {
    this.#open--;
    const { maxConnectionsPerAddress, addressOf } = this.options;
    const address = maxConnectionsPerAddress > 0 ? addressOf(peer) : undefined;
    if (address === undefined) return;
    const open = this.#byAddress.get(address) ?? 0;
    if (open > 1) this.#byAddress.set(address, open - 1);
    else this.#byAddress.delete(address);
  }
}
