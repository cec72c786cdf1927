// Owns how the admin room refuses a request: an error with a status and an operator's words, and how a foreign value is
// shown inside them. Turning errors into answers is failure.filter.ts's and classic.service.ts's.

/** A request that cannot be served as it is. Its message goes out as it stands, so it must say nothing about the inside. */
export class RequestError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = 'RequestError';
  }
}

/** The body of every failed answer. */
export function failure(message: string): { message: string; status: 'failure' } {
  return { message, status: 'failure' };
}

const LONGEST_QUOTE = 64;

/** A value as it was sent, on one line, in ASCII, cut to about 64 characters. */
export function quote(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing');
  const cut = text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
  return cut.replace(/[^\x20-\x7e…]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
