// Owns what is known of the other end of a client connection, and the key that its request hashes by.
import type { IncomingMessage } from 'node:http';
import { plainAddress } from '../../config/networks.js';
import { type KeyRequest, NO_LINK } from '../../routing/hash-key.js';
import type { RoutingTable } from '../../routing/table.js';
import type { AccessEntry } from '../access-log/access-entry.js';
import { Candidates } from '../attempts/candidates.js';
import { clientAddress } from './client-address.js';
import type { RequestHead } from '../message/head.js';
import type { LaneContext } from './lane-context.js';
import { hasPassed } from '../message/via.js';

export interface Client {
  /** The socket's peer. */
  readonly peer: string;
  readonly peerTrusted: boolean;
  /** The peer, or whom trusted proxies name. */
  readonly address: string;
}

export function clientOf(request: IncomingMessage, { trusts }: LaneContext): Client {
  const peer = plainAddress(request.socket.remoteAddress ?? '');
  const forwardedFor = request.headers['x-forwarded-for'];
  const text = typeof forwardedFor === 'string' ? forwardedFor : forwardedFor?.join(',');
  return { peer, peerTrusted: trusts(peer), address: clientAddress(peer, text, trusts) };
}

/** What the key chain may look at in a request of the standard lane. Must be read before the request's fields are rewritten. */
export class IncomingKey implements KeyRequest {
  constructor(
    private readonly request: IncomingMessage,
    private readonly head: RequestHead,
    private readonly client: Client,
  ) {}

  get target(): string {
    return this.head.target;
  }

  get host(): string | undefined {
    return this.head.host;
  }

  get ip(): string {
    return this.client.address;
  }

  /** By node's rules for repeated fields, except that lists are joined, too. */
  field(name: string): string | undefined {
    const { headers } = this.request;
    // An object like any other: constructor is no field that was sent.
    const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
    return typeof value === 'string' ? value : value?.join(', ');
  }
}

/** The client's when it is a legal one, else a new one; undefined: requests have none of ours. */
export function requestIdOf({ headers }: IncomingMessage, { requestIds }: LaneContext): string | undefined {
  return requestIds?.of(headers['x-request-id']?.toString());
}

/** This pool has sent the request on before: it would go round until somebody's patience ends. */
export function isLoop({ headers: { via } }: IncomingMessage, { tables, forwarding }: LaneContext): boolean {
  return (
    forwarding.via && via !== undefined && tables.current !== undefined && hasPassed(via, tables.current.pseudonym)
  );
}

/** The candidates of a request, in the order of its key. */
export function candidatesFor(
  context: LaneContext,
  table: RoutingTable,
  request: KeyRequest,
  entry: AccessEntry | undefined,
): Candidates {
  const { key, link } = table.chain.select(request, context.random);
  context.keys.count(context.worker, link);
  if (entry) entry.keyLink = link === NO_LINK ? 'random' : table.chain.links[link];
  const hash = table.hash(key);
  context.hotKeys.count(hash, key, table.chain.isRandom(link));
  return new Candidates(context, table, hash);
}
