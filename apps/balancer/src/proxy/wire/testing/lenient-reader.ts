// Owns readers of HTTP/1.1 that forgive what no reader should forgive, each in a way of its own: the replicas that smuggling
// is made for. What a proxy sends is safe where all of them, and a strict one, find the same requests in it.

export interface ReadRequest {
  readonly method: string;
  readonly target: string;
  /** Latin-1, without framing. */
  readonly body: string;
}

export interface Leniency {
  readonly name: string;
  /** Of two framings. */
  readonly prefers: 'coding' | 'length';
  /** Of several lengths. */
  readonly takes: 'first' | 'last';
  /** Ends a line, too. */
  readonly loneCr: boolean;
  /** Codings that count as chunked: those that contain the word, or only the exact one. */
  readonly coding: 'contains' | 'exact';
  /** Chunk sizes are kept in so many bits. */
  readonly sizeBits: 32 | 64;
}

export const LENIENCIES: readonly Leniency[] = [
  { name: 'coding first', prefers: 'coding', takes: 'first', loneCr: false, coding: 'contains', sizeBits: 64 },
  { name: 'length first', prefers: 'length', takes: 'last', loneCr: false, coding: 'contains', sizeBits: 64 },
  { name: 'exact coding', prefers: 'coding', takes: 'last', loneCr: false, coding: 'exact', sizeBits: 64 },
  { name: 'CR ends lines', prefers: 'coding', takes: 'first', loneCr: true, coding: 'contains', sizeBits: 32 },
];

/** The whole requests that such a reader finds; garbage between them is skipped. One that is not whole is none. */
export function readLeniently(bytes: string, leniency: Leniency): ReadRequest[] {
  const source = new Source(bytes, leniency.loneCr);
  const requests: ReadRequest[] = [];
  for (;;) {
    const line = source.line();
    if (line === undefined) return requests;
    const [method = '', target] = line.trim().split(/[\s\0]+/);
    if (target === undefined || !/^[A-Za-z]+$/.test(method)) continue;
    const body = readBody(source, readFields(source), leniency);
    if (body === undefined) return requests;
    requests.push({ method, target, body });
  }
}

class Source {
  #at = 0;
  readonly #bytes: string;
  readonly #end: RegExp;

  constructor(bytes: string, loneCr: boolean) {
    this.#bytes = bytes;
    this.#end = loneCr ? /\r\n?|\n/g : /\n/g;
  }

  /** Without its end; undefined when there is no whole line any more. */
  line(): string | undefined {
    this.#end.lastIndex = this.#at;
    const end = this.#end.exec(this.#bytes);
    if (!end) return undefined;
    const line = this.#bytes.slice(this.#at, end.index);
    this.#at = end.index + end[0].length;
    return line.replace(/\r$/, '');
  }

  /** undefined when there are not so many bytes. */
  take(length: number): string | undefined {
    if (this.#bytes.length - this.#at < length) return undefined;
    return this.#bytes.slice(this.#at, (this.#at += length));
  }
}

/** Folded lines are joined, names lose whatever is no letter at their ends. undefined: the head does not end. */
function readFields(source: Source): Map<string, string[]> | undefined {
  const fields = new Map<string, string[]>();
  let last: string[] = [];
  for (;;) {
    const line = source.line();
    if (line === undefined) return undefined;
    if (line === '') return fields;
    if (/^[ \t]/.test(line) && last.length > 0) {
      last[last.length - 1] += ` ${line.trim()}`;
      continue;
    }
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const name = line
      .slice(0, colon)
      .replace(/^[^A-Za-z]+|[^A-Za-z]+$/g, '')
      .toLowerCase();
    last = fields.get(name) ?? [];
    last.push(line.slice(colon + 1).trim());
    fields.set(name, last);
  }
}

function readBody(
  source: Source,
  fields: Map<string, string[]> | undefined,
  { prefers, takes, coding, sizeBits }: Leniency,
): string | undefined {
  if (!fields) return undefined;
  const codings = fields.get('transfer-encoding') ?? [];
  const chunked = codings.some((value) => (coding === 'exact' ? value === 'chunked' : /chunked/i.test(value)));
  const lengths = (fields.get('content-length') ?? []).flatMap((value) => value.split(','));
  const length = parseInt(lengths.at(takes === 'first' ? 0 : -1) ?? '', 10);
  if (chunked && (prefers === 'coding' || Number.isNaN(length))) return readChunks(source, sizeBits);
  return length > 0 ? source.take(length) : '';
}

function readChunks(source: Source, sizeBits: 32 | 64): string | undefined {
  for (let body = ''; ;) {
    const line = source.line();
    if (line === undefined) return undefined;
    const [, digits] = /^[\s+-]*(?:0x)?([\da-f]+)/i.exec(line) ?? [];
    const size = digits === undefined ? 0 : Number(BigInt.asUintN(sizeBits, BigInt(`0x${digits}`)));
    if (size === 0) return readFields(source) && body;
    const data = source.take(size);
    if (data === undefined) return undefined;
    body += data;
    source.line();
  }
}
