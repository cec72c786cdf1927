// Owns a client that writes bytes and reads answers, each with its framing: it finds out when somebody sends one too many.
import { connect } from 'node:net';
import { SEEN_FIELD } from './recording-replica.js';

export interface WireAnswer {
  readonly status: number;
  /** Names in lower case; the last of equal ones. */
  readonly fields: ReadonlyMap<string, string>;
  readonly body: string;
  /** A replica made it. */
  readonly fromReplica: boolean;
  /** It ended where its framing says; one that is delimited by the close is whole when the connection ended cleanly. */
  readonly whole: boolean;
}

export interface WireExchange {
  /** Final answers; 1xx are left out. */
  readonly answers: readonly WireAnswer[];
  /** What is behind the last answer and is none. */
  readonly surplus: string;
  /** The other end has closed, in whatever way. */
  readonly closed: boolean;
  readonly reset: boolean;
}

export interface ExchangeOptions {
  /** Milliseconds without a byte after which it goes by itself; 0 = none. */
  readonly patience?: number;
  /** Ends its side after the last write. */
  readonly ends?: boolean;
  /** Milliseconds without a byte after which it ends its side, and goes on reading; 0 = never. */
  readonly endsAfter?: number;
}

/**
 * Writes and reads until the other end closes.
 * @param writes Latin-1, one write each
 */
export async function exchange(
  port: number,
  writes: readonly string[],
  { patience = 0, ends = false, endsAfter = 0 }: ExchangeOptions = {},
): Promise<WireExchange> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let [text, reset, closed] = ['', false, true];
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    // As clients do: after an answer that says so there is nothing more to be had.
    const { answers } = readAnswers(text, false);
    if (answers.some(({ whole, fields }) => whole && fields.get('connection')?.toLowerCase() === 'close')) socket.end();
  });
  socket.on('error', ({ code }: NodeJS.ErrnoException) => (reset ||= code === 'ECONNRESET' || code === 'EPIPE'));
  if (patience > 0) {
    socket.setTimeout(patience, () => {
      closed = false;
      socket.destroy();
    });
  }
  if (endsAfter > 0) socket.setTimeout(endsAfter, () => socket.end());
  const end = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  for (const bytes of writes) socket.write(bytes, 'latin1');
  if (ends) socket.end();
  await end;
  return { ...readAnswers(text, closed && !reset), closed, reset };
}

/** @param ended the connection was ended cleanly */
export function readAnswers(text: string, ended: boolean): Pick<WireExchange, 'answers' | 'surplus'> {
  const answers: WireAnswer[] = [];
  let rest = text;
  for (;;) {
    const [head, line = '', lines = ''] = /^(HTTP\/1\.[01] \d{3}[^\r\n]*)\r\n((?:[^\r\n]+\r\n)*)\r\n/.exec(rest) ?? [];
    if (head === undefined) return { answers, surplus: rest };
    rest = rest.slice(head.length);
    const status = Number(line.slice(9, 12));
    if (status < 200 && status !== 101) continue;
    const fields = new Map<string, string>();
    for (const field of lines.split('\r\n')) {
      const colon = field.indexOf(':');
      if (colon > 0) fields.set(field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim());
    }
    const body = takeBody(rest, status, fields, ended);
    rest = body.rest;
    const fromReplica = fields.has(SEEN_FIELD.toLowerCase());
    answers.push({ status, fields, body: body.text, fromReplica, whole: body.whole });
  }
}

function takeBody(
  text: string,
  status: number,
  fields: ReadonlyMap<string, string>,
  ended: boolean,
): { text: string; rest: string; whole: boolean } {
  if (status === 204 || status === 304) return { text: '', rest: text, whole: true };
  if (fields.get('transfer-encoding')?.toLowerCase() === 'chunked') {
    let body = '';
    for (let rest = text; ;) {
      const [line, digits = ''] = /^([\da-f]+)[^\r\n]*\r\n/i.exec(rest) ?? [];
      if (line === undefined) return { text: body, rest: '', whole: false };
      const size = parseInt(digits, 16);
      rest = rest.slice(line.length);
      if (size === 0) {
        const trailer = /^(?:[^\r\n]+\r\n)*\r\n/.exec(rest);
        return { text: body, rest: rest.slice(trailer?.[0].length ?? rest.length), whole: trailer !== null };
      }
      body += rest.slice(0, size);
      rest = rest.slice(size + 2);
    }
  }
  const length = fields.get('content-length');
  if (length === undefined) return { text, rest: '', whole: ended };
  const size = Number(length);
  return { text: text.slice(0, size), rest: text.slice(size), whole: text.length >= size };
}
