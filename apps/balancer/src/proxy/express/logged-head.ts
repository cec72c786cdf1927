// Owns what the access log takes from a head of the express lane. Field by field: no other header gets near it.
import { AccessEntry, type Sender } from '../access-log/access-entry.js';
import type { AccessLog } from '../access-log/access-log.js';
import type { RequestHeadReader } from './request-head.js';

/** What its head does not say. */
interface KnownFacts {
  readonly peer: string;
  readonly peerPort: number | undefined;
  readonly client: string;
}

/** The only one that the lane speaks. */
const VERSION = '1.1';

/**
 * @param head that was just read, at least as far as its target
 * @param requestId undefined: it has none of ours
 * @param began monotonic milliseconds
 */
export function entryOf(
  head: RequestHeadReader,
  known: KnownFacts,
  requestId: string | undefined,
  log: Pick<AccessLog, 'repeated'>,
  began: number,
): AccessEntry {
  const { recognised } = head;
  const sender = recognised ? (recognised.sender ??= repeatedSender(head, known, log)) : senderOf(head, known);
  const id = requestId ?? (head.hasRequestId ? head.field('x-request-id') : undefined);
  return new AccessEntry(began, sender, head.method, head.sentTarget, id);
}

function senderOf(head: RequestHeadReader, { peer, peerPort, client }: KnownFacts): Sender {
  return {
    httpVersion: VERSION,
    host: head.field('host'),
    peer,
    peerPort,
    client,
    userAgent: head.field('user-agent'),
    referer: head.field('referer'),
  };
}

/** The same connection sent these fields before, so peer and client are the same, too. */
function repeatedSender(head: RequestHeadReader, known: KnownFacts, log: Pick<AccessLog, 'repeated'>): Sender {
  const sender = senderOf(head, known);
  return { ...sender, repeated: log.repeated(sender) };
}
