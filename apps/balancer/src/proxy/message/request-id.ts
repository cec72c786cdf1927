// Owns the name of a request, by which its client, the access log and its replica speak of the same one: kept when the client
// sent a legal one, else made here. Pure: random digits come in as an argument. In which direction it travels is REQUEST_ID's.

/** @returns so many random bytes in hex */
export type RandomHex = (bytes: number) => string;

export const REQUEST_ID_FIELD = 'X-Request-Id';

/** Characters of a token (RFC 9110, 5.6.2): it goes into logs and fields as it is, whoever wrote it. */
const LEGAL = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,200}$/;

/** 1 to 200 token characters. Two fields that were joined into a list are none. */
export function isLegalRequestId(text: string): boolean {
  return LEGAL.test(text);
}

/** With the end of its line, as it goes on the wire. */
export function requestIdLine(id: string): string {
  return `${REQUEST_ID_FIELD}: ${id}\r\n`;
}

const STEM_BYTES = 15;
const LAST_BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * Makes ids of 32 hex digits: 30 by chance, which 256 requests in a row share, and two that count them. So one costs next to
 * nothing, no two lanes or starts make the same, and the numbers tell nobody how much traffic there is. They are names and no secrets:
 * who has one knows its neighbours.
 */
export class RequestIds {
  #stem = '';
  #next = LAST_BYTES.length;

  constructor(private readonly random: RandomHex) {}

  /** @param sent the client's, when there is one */
  of(sent: string | undefined): string {
    return sent !== undefined && isLegalRequestId(sent) ? sent : this.make();
  }

  make(): string {
    if (this.#next === LAST_BYTES.length) {
      this.#stem = this.random(STEM_BYTES);
      this.#next = 0;
    }
    return this.#stem + LAST_BYTES[this.#next++];
  }
}
