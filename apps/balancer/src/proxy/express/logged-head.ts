// Owns what the access log takes from a head of the express lane. Field by field: no other header gets near it.
import type { EntryFacts } from '../access-log/access-entry.js';
import { pack } from '../access-log/access-record.js';
import type { LoggedFields } from './known-fields.js';
import type { RequestHeadReader } from './request-head.js';

/** Of the client and of the request, what its head does not say. */
type KnownFacts = Required<Pick<EntryFacts, 'peer' | 'peerPort' | 'client' | 'requestId'>>;

/** @param head that was just read, at least as far as its target */
export function factsOf(head: RequestHeadReader, known: KnownFacts): EntryFacts {
  const { recognised } = head;
  const fields = recognised ? (recognised.logged ??= packedFields(head)) : fieldsOf(head);
  return {
    method: head.method,
    target: head.sentTarget,
    httpVersion: VERSION,
    packed: fields.packed,
    host: fields.host,
    userAgent: fields.userAgent,
    referer: fields.referer,
    peer: known.peer,
    peerPort: known.peerPort,
    client: known.client,
    requestId: known.requestId ?? fields.requestId,
  };
}

/** The only one that the lane speaks. */
const VERSION = '1.1';

function fieldsOf(head: RequestHeadReader): LoggedFields {
  return {
    packed: undefined,
    host: head.field('host'),
    userAgent: head.field('user-agent'),
    referer: head.field('referer'),
    requestId: head.field('x-request-id'),
  };
}

function packedFields(head: RequestHeadReader): LoggedFields {
  const fields = fieldsOf(head);
  return { ...fields, packed: pack({ httpVersion: VERSION, ...fields }) };
}
