// Owns the balancer's entry in Via (RFC 9110, 7.6.3), and how it knows a request that has passed it before. Pure. The name in
// it is the pool's (routing/pseudonym.ts); whether the field is written at all is FORWARDED_FIELDS's.

/** The entry of a request that came in with this version of HTTP: `1.1 hashflow-0123abcd`. */
export function viaEntry(httpVersion: string, pseudonym: string): string {
  return `${httpVersion} ${pseudonym}`;
}

/** With the end of its line, as it goes on the wire, where no Via came before it. */
export function viaLine(httpVersion: string, pseudonym: string): string {
  return `Via: ${viaEntry(httpVersion, pseudonym)}\r\n`;
}

/**
 * Whether one of the entries, `[protocol "/"] version RWS received-by [RWS comment]`, is the balancer's.
 *
 * @param via the value of the field, of several the values joined by commas
 * @param pseudonym in lower case
 */
export function hasPassed(via: string, pseudonym: string): boolean {
  const text = via.toLowerCase();
  // Nearly always all there is to do.
  if (!text.includes(pseudonym)) return false;
  return text.split(',').some((entry) => entry.trim().split(/[ \t(]+/, 2)[1] === pseudonym);
}
