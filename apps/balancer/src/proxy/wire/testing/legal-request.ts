// Owns what one legal request of the differential suite is, and how it is written down. Bytes are Latin-1.

export interface LegalRequest {
  readonly name: string;
  readonly method: string;
  /** One write each. */
  readonly writes: readonly string[];
  /** 100 Continue is waited for before the last write. */
  readonly expects?: true;
  /** What a replica gets instead of the target and Host as they were sent: absolute targets are rewritten. */
  readonly becomes?: { readonly target: string; readonly host: string };
  /** Fields, in lower case, that end at the proxy because Connection names them. */
  readonly named?: readonly string[];
}

const HOST = 'Host: a.example\r\n';

/** @param lines of the head, each with its end @param body as it stands on the wire */
export function legal(
  name: string,
  [method, target]: readonly [method: string, target: string],
  lines = '',
  body = '',
  changes: Omit<Partial<LegalRequest>, 'name' | 'method' | 'writes'> & { version?: string; host?: string } = {},
): LegalRequest {
  const { version = '1.1', host = HOST, ...rest } = changes;
  const head = `${method} ${target} HTTP/${version}\r\n${host}${lines}\r\n`;
  return { name, method, writes: rest.expects ? [head, body] : [head + body], ...rest };
}

export function sized(name: string, line: readonly [string, string], size: number): LegalRequest {
  return legal(name, line, `Content-Length: ${size}\r\n`, textOf(size));
}

/** @param sizes of the chunks */
export function chunked(name: string, line: readonly [string, string], sizes: readonly number[]): LegalRequest {
  const chunks = sizes.map((size) => `${size.toString(16)}\r\n${textOf(size)}\r\n`).join('');
  return legal(name, line, 'Transfer-Encoding: chunked\r\n', `${chunks}0\r\n\r\n`);
}

/** All byte values, so that nothing on the way may take a body for text. */
export function textOf(size: number): string {
  const all = String.fromCharCode(...Array.from({ length: 251 }, (_, code) => code));
  return all.repeat(Math.ceil(size / all.length)).slice(0, size);
}
