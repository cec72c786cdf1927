// Owns what the access log takes from a head of the express lane, on either side of its records: the lane hands over the head as it came,
// the main thread reads it with the same reader. Field by field: no other header gets near a line.
import type { EntryFacts } from '../access-log/access-entry.js';
import { type FactsOfHead, type KnownFacts, MOST_HEAD } from '../access-log/access-record.js';
import { RequestHeadReader } from './request-head.js';

type Peer = Required<Pick<EntryFacts, 'peer' | 'peerPort'>>;

/** @param head that was just read, at least as far as its target */
export function factsOfRead(head: RequestHeadReader, known: KnownFacts): EntryFacts {
  return {
    method: head.method,
    target: head.sentTarget,
    httpVersion: '1.1',
    host: head.field('host'),
    userAgent: head.field('user-agent'),
    referer: head.field('referer'),
    peer: known.peer,
    peerPort: known.peerPort,
    client: known.client,
    requestId: known.requestId ?? head.field('x-request-id'),
  };
}

/** Those that are known; the head goes along, to be read when the line is made. @param head that is plain, and was just read */
export function factsToRead(head: RequestHeadReader, client: Peer, requestId: string | undefined): EntryFacts {
  const { peer, peerPort } = client;
  if (head.size > MOST_HEAD) return factsOfRead(head, { peer, peerPort, client: head.ip, requestId });
  return { peer, peerPort, client: head.ip, requestId, head: { text: head.sent, size: head.size } };
}

/** @param maxFields that the lane allows */
export function headFacts(maxFields: number): FactsOfHead {
  const rules = { preserveHost: true, trace: false, addsPeer: false, requestId: false };
  const reader = new RequestHeadReader({ ...rules, maxHead: MOST_HEAD, maxFields });
  return (head, known) => {
    // It was plain once, and still is.
    reader.read(head, true);
    return factsOfRead(reader, known);
  };
}
