// Owns the characters of HTTP/1.1 as tables: what a token, a field value and a target may hold (RFC 9110, 5.5 and 5.6.2; RFC
// 9112, 3.2). Pure. Lines and fields are request-head.ts's, response-head.ts's and chunked.ts's.

export const [TAB, LF, CR, SPACE, COLON, COMMA, SEMICOLON, SLASH, UNDERSCORE] = [9, 10, 13, 32, 58, 44, 59, 47, 95];

function tableOf(holds: (code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => Number(holds(code)));
}

/** 1 where a character may stand in a token: names of fields, methods. */
export const TOKEN = tableOf((code) => /[!#$%&'*+.^_`|~0-9A-Za-z-]/.test(String.fromCharCode(code)));

/** 1 where a character may stand in a field value: all but controls, the tab excepted. */
export const VALUE = tableOf((code) => code === TAB || (code >= SPACE && code !== 127));

/** 1 where a character may stand in a request target. A fragment never leaves a client. */
export const TARGET = tableOf((code) => code > SPACE && code < 127 && code !== 35);

/** Value of a hexadecimal digit; 16 = it is none. */
export const HEX = Uint8Array.from({ length: 256 }, (_, code) => {
  const digit = parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(digit) ? 16 : digit;
});

/** The part of `text` is `word`, whatever its case. @param word in lower case, as long as the part */
export function isWord(text: string, start: number, word: string): boolean {
  for (let index = 0; index < word.length; index++) {
    const code = text.charCodeAt(start + index);
    // Only letters have a lower case: `_` and DEL must not become equal.
    const lower = code >= 65 && code <= 90 ? code | 32 : code;
    if (lower !== word.charCodeAt(index)) return false;
  }
  return true;
}

/** The elements of a list field, in lower case. */
export function listOf(value: string): string[] {
  return value.split(',').map((element) => element.trim().toLowerCase());
}

/** The name begins like `word`, but for underscores in the place of dashes. It has at least two characters. */
export function isAlias(text: string, begin: number, word: string): boolean {
  // `X-A` is nobody's alias, and nearly all names that come here are such.
  const last = begin + word.length - 1;
  if (text.charCodeAt(begin + 1) !== UNDERSCORE && text.charCodeAt(last) !== UNDERSCORE) return false;
  return (
    text
      .slice(begin, last + 1)
      .toLowerCase()
      .replaceAll('_', '-') === word
  );
}

/** A constant, and no part of the head that would keep all of it alive; empty: no plain method. */
export function methodOf(text: string, length: number): string {
  switch (length) {
    case 3:
      return text.startsWith('GET') ? 'GET' : text.startsWith('PUT') ? 'PUT' : '';
    case 4:
      return text.startsWith('POST') ? 'POST' : text.startsWith('HEAD') ? 'HEAD' : '';
    case 5:
      return text.startsWith('PATCH') ? 'PATCH' : '';
    case 6:
      return text.startsWith('DELETE') ? 'DELETE' : '';
    case 7:
      return text.startsWith('OPTIONS') ? 'OPTIONS' : '';
    default:
      return '';
  }
}
