// Owns the judgement of bytes that a proxy has sent to a replica: whether they are HTTP/1.1 in its narrowest form, which no two
// readers can take for different things. It knows requests one after the other, and stops at the first that is not whole.

const LINE = /^[!#$%&'*+\-.^_`|~\w]+ [^\0-\x20\x7f]+ HTTP\/1\.[01]$/;
const FIELD = /^([!#$%&'*+\-.^_`|~\w]+):[ \t]*([^\0\r\n]*?)[ \t]*$/;

/** @param bytes Latin-1 @returns what is wrong with them, in words; empty: nothing */
export function faultsOf(bytes: string): string[] {
  const faults: string[] = [];
  let rest = bytes;
  for (let end = rest.indexOf('\r\n\r\n'); end >= 0; end = rest.indexOf('\r\n\r\n')) {
    const [line = '', ...fields] = rest.slice(0, end).split('\r\n');
    if (!LINE.test(line)) faults.push(`no request line: ${JSON.stringify(line)}`);
    const values = new Map<string, string[]>();
    for (const field of fields) {
      const [, name, value] = FIELD.exec(field) ?? [];
      if (name === undefined || value === undefined) faults.push(`no field: ${JSON.stringify(field)}`);
      else values.set(name.toLowerCase(), [...(values.get(name.toLowerCase()) ?? []), value]);
    }
    const lengths = values.get('content-length') ?? [];
    const codings = values.get('transfer-encoding') ?? [];
    if ((values.get('host') ?? []).length > 1) faults.push('two Hosts');
    if (lengths.length + codings.length > 1) faults.push('two framings');
    if (lengths.some((value) => !/^\d{1,16}$/.test(value))) faults.push(`no length: ${lengths.join()}`);
    if (codings.some((value) => !/(?:^|, ?)chunked$/i.test(value))) faults.push(`no end: ${codings.join()}`);
    if (faults.length > 0) return faults;
    rest = rest.slice(end + 4);
    const body = codings.length > 0 ? chunkedLength(rest) : Number(lengths[0] ?? 0);
    if (typeof body === 'string') return [body];
    if (body > rest.length) return [];
    rest = rest.slice(body);
  }
  return /[\n\0]|\r(?!$)/.test(rest.replaceAll('\r\n', '')) ? [`an odd line end: ${JSON.stringify(rest)}`] : [];
}

/** Length of a chunked body with its framing; Infinity when it is not whole, a text when it is none. */
function chunkedLength(text: string): number | string {
  for (let at = 0; ;) {
    const end = text.indexOf('\r\n', at);
    if (end < 0) return Infinity;
    const line = text.slice(at, end);
    const size = /^([\da-f]{1,15})(?:[ \t]*;[^\0\r\n]*)?[ \t]*$/i.exec(line);
    if (!size) return `no chunk size: ${JSON.stringify(line)}`;
    at = end + 2;
    const length = parseInt(size[1] ?? '', 16);
    if (length === 0) {
      for (;;) {
        const next = text.indexOf('\r\n', at);
        if (next < 0) return Infinity;
        const trailer = text.slice(at, next);
        at = next + 2;
        if (trailer === '') return at;
        if (!FIELD.test(trailer)) return `no trailer: ${JSON.stringify(trailer)}`;
        if (/^(?:content-length|transfer-encoding|host)\s*:/i.test(trailer)) return `framing in a trailer: ${trailer}`;
      }
    }
    if (text.length < at + length + 2) return Infinity;
    if (text.slice(at + length, at + length + 2) !== '\r\n') return 'no CRLF behind the data of a chunk';
    at += length + 2;
  }
}
