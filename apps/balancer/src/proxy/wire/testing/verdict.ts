// Owns the judgement of what a proxy did with an ambiguous request. Pure: from what its client got and what its replica got.
import { type AmbiguousRequest, type Meaning, SMUGGLED } from './ambiguous-request.js';
import { LENIENCIES, readLeniently, type ReadRequest } from './lenient-reader.js';
import type { Recording } from './recording-replica.js';
import { faultsOf } from './sent-bytes.js';
import type { WireExchange } from './wire-client.js';

/**
 * `refused`: no replica got a whole request. `clean`: it got the one that is meant, in bytes that nobody can read otherwise.
 * `changed`: it got another, or bytes that can be read in several ways. `smuggled`: somebody finds more requests in them than
 * the proxy has answered.
 */
export type Judgement = 'refused' | 'clean' | 'changed' | 'smuggled';

export interface Verdict {
  readonly judgement: Judgement;
  /** Why it is no better one; empty for the first two. */
  readonly reason: string;
}

export function judge(request: AmbiguousRequest, { answers, surplus }: WireExchange, recording: Recording): Verdict {
  // An answer without a head is one of HTTP/0.9.
  const answered = answers.filter(({ fromReplica }) => fromReplica).length + Number(surplus !== '');
  const strict = recording.requests;
  const readings = LENIENCIES.map((leniency) => ({
    name: leniency.name,
    requests: recording.connections.flatMap((bytes) => readLeniently(bytes, leniency)),
  }));
  for (const { name, requests } of [{ name: 'strict', requests: strict }, ...readings]) {
    if (requests.length <= answered) continue;
    return { judgement: 'smuggled', reason: `${answered} answers, and by the reader "${name}" ${tell(requests)}` };
  }
  if (recording.refused > 0) return { judgement: 'changed', reason: 'a strict replica refuses what it is sent' };
  if (strict.length === 0) return { judgement: 'refused', reason: '' };

  const other = readings.find(({ requests }) => tell(requests) !== tell(strict));
  if (other) return { judgement: 'changed', reason: `the reader "${other.name}" finds ${tell(other.requests)}` };
  const faults = recording.connections.flatMap(faultsOf);
  if (faults.length > 0) return { judgement: 'changed', reason: faults.join('; ') };
  const { meaning, last } = request;
  if (!meaning) return { judgement: 'changed', reason: `taken for ${tell(strict)}` };
  const allowed = last ? [[meaning]] : [[meaning], [meaning, SMUGGLED]];
  if (!allowed.some((expected) => isSame(strict, expected)))
    return { judgement: 'changed', reason: `taken for ${tell(strict)} with Host ${strict[0]?.host}` };
  return { judgement: 'clean', reason: '' };
}

/** What a correct proxy may do. */
export function isAllowed({ may }: AmbiguousRequest, judgement: Judgement): boolean {
  if (may === 'refuse') return judgement === 'refused';
  return judgement === 'clean' || (may === 'either' && judgement === 'refused');
}

function isSame(seen: readonly Meaning[], expected: readonly Meaning[]): boolean {
  const isOne = ({ method, target, host, body }: Meaning) =>
    seen.some(
      (one) => one.method === method && originForm(one.target) === target && one.host === host && one.body === body,
    );
  return seen.length === expected.length && expected.every(isOne);
}

/** A proxy may pass on an absolute target as one: servers must take both for the same. */
function originForm(target: string): string {
  const [, path] = /^https?:\/\/[^/?]*(.*)$/i.exec(target) ?? [];
  return path === undefined ? target : path.startsWith('/') ? path : `/${path}`;
}

function tell(requests: readonly ReadRequest[]): string {
  const lines = requests.map(({ method, target, body }) => `${method} ${target} ${JSON.stringify(body)}`);
  // Requests that follow each other on one connection may arrive on two, in any order.
  return lines.sort().join(', ') || 'nothing';
}
