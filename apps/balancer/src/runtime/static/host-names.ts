// Owns the addresses of host names: asked for again and again, because a name may come to mean another machine. Level-triggered:
// what counts is the answer of now, and the last good one while there is none. Who stands at an address is the runtime's.
import type { LookupAddress } from 'node:dns';
import { lookup as systemLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Logger } from '../../telemetry/logger.js';
import { chooseAddress } from './choose-address.js';

/** @throws Error when the name has no address, or nobody can tell */
export type Lookup = (host: string) => Promise<readonly Pick<LookupAddress, 'address'>[]>;

export interface HostNamesOptions {
  /** Between two lookups of a name, in milliseconds. */
  readonly interval: number;
  readonly log: Logger;
  /** A name has got an address, or another one. */
  readonly onChange: (host: string) => void;
  /** Left out: the system's, with /etc/hosts and search domains. */
  readonly lookup?: Lookup;
}

/** Between two lookups of a name that has no address yet: a service that is only about to be registered. */
const FIRST_INTERVAL = 1000;

/** By the system; IPv4 first, as who is bound to one kind of address is bound to that. */
export const systemAddresses: Lookup = (host) => systemLookup(host, { all: true, order: 'ipv4first' });

/**
 * An address, or a name of the loopback (RFC 6761, 6.3): that never moves, and has two addresses of which a program may serve either,
 * so that whoever dials it had better try both.
 */
function standsForItself(host: string): boolean {
  return isIP(host) > 0 || host === 'localhost' || host.endsWith('.localhost');
}

interface Entry {
  address: string | undefined;
  failing: boolean;
  /** Monotonic milliseconds. */
  due: number;
}

export class HostNames {
  readonly #entries = new Map<string, Entry>();
  readonly #lookup: Lookup;
  #timer: NodeJS.Timeout | undefined;
  #asking = false;
  #closed = false;

  constructor(private readonly options: HostNamesOptions) {
    this.#lookup = options.lookup ?? systemAddresses;
  }

  /** What is dialled for it; undefined: it is not known yet. */
  addressOf(host: string): string | undefined {
    return standsForItself(host) ? host : this.#entries.get(host)?.address;
  }

  /** These names are of interest, and no others. A new one is asked for at once. */
  watch(hosts: ReadonlySet<string>): void {
    for (const host of this.#entries.keys()) if (!hosts.has(host)) this.#entries.delete(host);
    for (const host of hosts) {
      if (!standsForItself(host) && !this.#entries.has(host))
        this.#entries.set(host, { address: undefined, failing: false, due: -Infinity });
    }
    void this.#askWhoIsDue();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** One at a time: while a server of names is silent, each lookup holds one of the few threads that files are written by, too. */
  async #askWhoIsDue(): Promise<void> {
    if (this.#asking || this.#closed) return;
    this.#asking = true;
    for (let next = this.#next(); next && next.entry.due <= performance.now(); next = this.#next()) {
      await this.#ask(next.host, next.entry);
      if (this.#closed) return;
    }
    this.#asking = false;
    clearTimeout(this.#timer);
    const next = this.#next();
    if (!next) return;
    const wait = Math.max(1, next.entry.due - performance.now());
    this.#timer = setTimeout(() => void this.#askWhoIsDue(), wait).unref();
  }

  #next(): { host: string; entry: Entry } | undefined {
    let next: { host: string; entry: Entry } | undefined;
    for (const [host, entry] of this.#entries) if (!next || entry.due < next.entry.due) next = { host, entry };
    return next;
  }

  async #ask(host: string, entry: Entry): Promise<void> {
    const { interval, log, onChange } = this.options;
    const before = entry.address;
    try {
      const answer = await this.#lookup(host);
      entry.address = chooseAddress(
        before,
        answer.map(({ address }) => address),
      );
      if (entry.failing) log.info({ host, address: entry.address }, 'a host name has an address again');
      entry.failing = false;
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
      if (!entry.failing)
        log.warn({ host, reason, address: before }, 'a host name cannot be resolved: what is known stays');
      entry.failing = true;
    }
    entry.due = performance.now() + (entry.address === undefined ? Math.min(interval, FIRST_INTERVAL) : interval);
    // It may have been forgotten meanwhile.
    if (entry.address === before || this.#entries.get(host) !== entry || this.#closed) return;
    if (before !== undefined) log.info({ host, before, address: entry.address }, 'a host name has another address');
    onChange(host);
  }
}
