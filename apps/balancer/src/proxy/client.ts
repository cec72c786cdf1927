// Owns what is known of the other end of a client connection, and the key that its request hashes by.
import type { IncomingMessage } from 'node:http';
import { plainAddress } from '../config/networks.js';
import { NO_LINK } from '../routing/hash-key.js';
import type { RoutingTable } from '../routing/table.js';
import type { AccessEntry } from './access-log/access-entry.js';
import { Candidates } from './candidates.js';
import { clientAddress } from './client-address.js';
import type { RequestHead } from './head.js';
import type { LaneContext } from './lane-context.js';

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

/** The candidates of a request, in the order of its key. Must run before the request's fields are rewritten. */
export function candidatesFor(
  context: LaneContext,
  table: RoutingTable,
  request: IncomingMessage,
  head: RequestHead,
  client: Client,
  entry: AccessEntry | undefined,
): Candidates {
  const { key, link } = table.chain.select(
    { target: head.target, host: head.host, ip: client.address, headers: request.headers },
    context.random,
  );
  context.keys.count(context.worker, link);
  if (entry) entry.keyLink = link === NO_LINK ? 'random' : table.chain.links[link];
  const hash = table.hash(key);
  context.hotKeys.count(hash, key, table.chain.isRandom(link));
  return new Candidates(context, table, hash);
}
