// Owns one answer as a client sees it, with all that can differ in it: informational answers, status line, fields in order,
// body, trailers. The framing itself is left out, it may change from hop to hop.
import { connect, type Socket } from 'node:net';
import type { LegalRequest } from './legal-request.js';
import { digestOf } from './scripted-replica.js';

export interface AnswerView {
  readonly status: string;
  /** `103 link: …`, in order. */
  readonly informational: readonly string[];
  /** `name: value`, names in lower case, in order. */
  readonly fields: readonly string[];
  /** Bytes and SHA-1. */
  readonly body: string;
  readonly trailers: readonly string[];
}

const HEAD = /^HTTP\/1\.[01] (\d{3}[^\r\n]*)\r\n((?:[^\r\n]+\r\n)*)\r\n/;

/** @param ended the connection was ended cleanly @returns undefined while it is not whole */
export function viewOf(text: string, method: string, ended: boolean): AnswerView | undefined {
  const informational: string[] = [];
  for (let rest = text; ;) {
    const [head, status = '', lines = ''] = HEAD.exec(rest) ?? [];
    if (head === undefined) return undefined;
    rest = rest.slice(head.length);
    const fields = fieldsOf(lines);
    if (status.startsWith('1')) {
      informational.push(`${status.slice(0, 3)} ${fields.join('; ')}`);
      continue;
    }
    const body = bodyOf(rest, method, status, fields, ended);
    return body && { status, informational, fields, body: digestOf(body.text), trailers: fieldsOf(body.trailers) };
  }
}

function fieldsOf(lines: string): string[] {
  const fields = lines.split('\r\n').filter(Boolean);
  return fields.map((field) => {
    const colon = field.indexOf(':');
    return `${field.slice(0, colon).toLowerCase()}: ${field.slice(colon + 1).trim()}`;
  });
}

function bodyOf(
  text: string,
  method: string,
  status: string,
  fields: readonly string[],
  ended: boolean,
): { text: string; trailers: string } | undefined {
  if (method === 'HEAD' || /^(?:204|304)/.test(status)) return { text: '', trailers: '' };
  const length = fields.find((field) => field.startsWith('content-length:'))?.slice(16);
  if (!fields.includes('transfer-encoding: chunked')) {
    if (length === undefined) return ended ? { text, trailers: '' } : undefined;
    return text.length < Number(length) ? undefined : { text: text.slice(0, Number(length)), trailers: '' };
  }
  const chunks: string[] = [];
  for (let at = 0; ;) {
    const end = text.indexOf('\r\n', at);
    if (end < 0) return undefined;
    const size = parseInt(text.slice(at, end), 16);
    at = end + 2;
    if (size === 0) {
      const trailers = /^((?:[^\r\n]+\r\n)*)\r\n/.exec(text.slice(at));
      return trailers ? { text: chunks.join(''), trailers: trailers[1] ?? '' } : undefined;
    }
    chunks.push(text.slice(at, at + size));
    at += size + 2;
  }
}

/** A client that keeps its connection as long as the other end does. */
export class KeptClient {
  readonly #port: number;
  #socket: Socket | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  /** @throws Error when the connection ends before the answer does */
  async ask({ method, writes, expects }: LegalRequest): Promise<AnswerView> {
    if (!this.#socket || this.#socket.destroyed) this.#socket = connect({ port: this.#port, host: '127.0.0.1' });
    const socket = this.#socket;
    socket.removeAllListeners();
    const chunks: string[] = [];
    return new Promise((resolve, reject) => {
      const look = (ended: boolean) => {
        const text = chunks.join('');
        if (expects && chunks.length > 0 && /^HTTP\/1\.1 100 /.test(text) && sent < writes.length) send();
        const view = viewOf(text, method, ended);
        if (!view) return ended ? reject(new Error(`ended within an answer: ${text.slice(0, 500)}`)) : undefined;
        if (ended || view.fields.includes('connection: close')) socket.destroy();
        resolve(view);
      };
      let sent = 0;
      const send = () => void socket.write(writes[sent++] ?? '', 'latin1');
      socket.on('data', (chunk) => {
        chunks.push(chunk.toString('latin1'));
        look(false);
      });
      socket.on('end', () => look(true));
      socket.on('error', reject);
      send();
      if (!expects) while (sent < writes.length) send();
    });
  }

  end(): void {
    this.#socket?.destroy();
  }
}
