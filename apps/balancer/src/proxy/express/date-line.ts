// Owns the field Date for answers that come without one (RFC 9110, 6.6.1): its text is made once a second.

let second = -1;
let line = '';

/** With the end of its line. */
export function dateLine(): string {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) {
    second = now;
    line = `Date: ${new Date(now * 1000).toUTCString()}\r\n`;
  }
  return line;
}
