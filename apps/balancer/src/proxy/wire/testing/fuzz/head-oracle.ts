// Owns the judgement of a head parser by llhttp (TRAPS 27): what it calls plain, llhttp in strict mode reads as the same request,
// and so does the standard lane's grammar; what either of them finds illegal is never plain. Cut anywhere, it waits.
import { checkHead } from '../../../message/head.js';
import type { NodeReader } from './node-reader.js';

/** What is judged: express/request-head.ts, given from outside because the fuzzer runs the built one. */
export interface JudgedReader {
  read(bytes: Buffer, trusted: boolean): 'incomplete' | 'plain' | 'other' | 'refused';
  readonly method: string;
  readonly target: string;
  readonly host: string | undefined;
  readonly body: 'none' | 'length' | 'chunked';
  readonly length: number;
  readonly size: number;
  readonly requestLine: string;
  readonly forwarded: string;
  field(name: string): string | undefined;
}

export interface HeadJudgement {
  readonly read: 'incomplete' | 'plain' | 'other' | 'refused';
  /** undefined: the two agree. */
  readonly fault: string | undefined;
}

const LIMITS = { maxHead: 16_384, maxFields: 100 };

/** @param bytes a head, perhaps with more behind it @param cut where it is cut for the test of waiting */
export function judgeHead(reader: JudgedReader, node: NodeReader, bytes: Buffer, cut: number): HeadJudgement {
  const partial = reader.read(bytes.subarray(0, cut), false);
  const read = reader.read(bytes, false);
  if (read !== 'plain') {
    const early = partial === 'plain' && cut < bytes.length ? 'plain when cut, and not when whole' : undefined;
    return { read, fault: early };
  }
  const { size, method, target, host, body, length } = reader;
  const forwarded = reader.requestLine + reader.forwarded;
  if (cut < size && partial !== 'incomplete') return { read, fault: `cut at ${cut} it is ${partial}` };
  const { requests, error } = node.read(bytes.subarray(0, size));
  const [request] = requests;
  if (!request || error !== undefined) return { read, fault: `llhttp: ${error ?? 'no whole head'}` };
  const checked = checkHead(request, LIMITS);
  if (checked.refusal) return { read, fault: `the standard lane refuses it: ${checked.refusal}` };
  const mine = JSON.stringify({ method, target, host, body, length: body === 'length' ? length : 0 });
  const { head } = checked;
  const theirs = JSON.stringify({
    method: head.method,
    target: head.target,
    host: head.host,
    body: head.body,
    length: head.length,
  });
  if (mine !== theirs) return { read, fault: `${mine} for ${theirs}` };
  if (request.complete !== (body === 'none'))
    return { read, fault: `llhttp sees another end: complete is ${request.complete}` };
  const rewritten = !request.url.startsWith('/');
  return {
    read,
    fault: fieldsFault(reader, request.headers) ?? forwardedFault(node, forwarded, request.rawHeaders, rewritten),
  };
}

/** The key chain sees the same values in both lanes. */
function fieldsFault(reader: JudgedReader, headers: NodeJS.Dict<string | string[]>): string | undefined {
  for (const [name, value] of Object.entries(headers)) {
    const theirs = Array.isArray(value) ? value.join(', ') : value;
    const mine = reader.field(name);
    if (mine !== theirs) return `${name} is ${JSON.stringify(mine)} for ${JSON.stringify(theirs)}`;
  }
  return undefined;
}

/**
 * What goes on are fields of the head, in their order, and llhttp reads them again as the same.
 * @param rewritten the target is no path: Host is written anew, first
 */
function forwardedFault(
  node: NodeReader,
  forwarded: string,
  rawHeaders: readonly string[],
  rewritten: boolean,
): string | undefined {
  const { requests, error } = node.read(Buffer.from(`${forwarded}\r\n`, 'latin1'));
  const [request] = requests;
  if (!request || error !== undefined) return `llhttp, of what goes on: ${error ?? 'no whole head'}`;
  let at = 0;
  for (let index = rewritten ? 2 : 0; index < request.rawHeaders.length; index += 2) {
    const [name, value] = [request.rawHeaders[index], request.rawHeaders[index + 1]];
    while (at < rawHeaders.length && (rawHeaders[at] !== name || rawHeaders[at + 1] !== value)) at += 2;
    if (at >= rawHeaders.length) return `${JSON.stringify(name)} goes on, and was not there`;
    at += 2;
  }
  return undefined;
}
