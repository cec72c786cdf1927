// Owns requests with field lines that parsers cut at different places: line ends, folds, bytes that belong in no name or value.
import { type AmbiguousRequest, either, forwarded, get, got, HOST, refused } from './ambiguous-request.js';

const FOLD = ['9112, 5.2', 'a folded line is refused, or joined by blanks before it is passed on'] as const;
const LF = ['9112, 2.2', 'LF alone may be taken for a line end, but is never passed on'] as const;
const CR = ['9112, 2.2', 'CR alone is refused or replaced by a blank'] as const;
const VALUE = ['9110, 5.5', 'CR, LF and NUL in a value are refused or replaced; other controls are invalid'] as const;
const NAME = ['9110, 5.1', 'a name is a token'] as const;
const COLON = ['9112, 5.1', 'no blank may stand before the colon: 400'] as const;
const FIRST = ['9112, 2.2', 'a blank before the first field is refused, or its lines are dropped'] as const;
const OPAQUE = ['9110, 5.5', 'bytes above 127 are opaque data'] as const;

const fields = (lines: string) => get(lines);

export const AMBIGUOUS_FIELDS: readonly AmbiguousRequest[] = [
  either(FOLD, 'a field folded with a blank', fields('X-A: 1\r\n 2\r\n'), got()),
  either(FOLD, 'a field folded with a tab', fields('X-A: 1\r\n\t2\r\n'), got()),
  either(FOLD, 'a fold that looks like a field', fields('X-A: 1\r\n Content-Length: 50\r\n'), got()),
  either(FOLD, 'a fold of nothing', fields('X-A: 1\r\n \r\n'), got()),
  refused(FOLD, 'a folded Content-Length', fields('Content-Length: 1\r\n 0\r\n')),
  refused(FIRST, 'a blank before the first field', `GET / HTTP/1.1\r\n ${HOST}\r\n`),
  either(FIRST, 'a line of blanks before the first field', `GET / HTTP/1.1\r\n \r\n${HOST}\r\n`, got()),
  either(FIRST, 'a folded request line', `GET / HTTP/1.1\r\n X-A: 1\r\n${HOST}\r\n`, got()),
  either(LF, 'LF alone behind a field', fields('X-A: 1\nX-B: 2\r\n'), got()),
  either(LF, 'LF alone behind the request line', `GET / HTTP/1.1\n${HOST}\r\n`, got()),
  either(LF, 'LF alone at the end of the head', `GET / HTTP/1.1\r\n${HOST}\n`, got()),
  either(LF, 'LF alone everywhere', 'GET / HTTP/1.1\nHost: a.example\n\n', got()),
  either(LF, 'LF alone before a length', fields('X-A: 1\nContent-Length: 0\r\n'), got()),
  either(LF, 'two LF in the middle of the head', `GET / HTTP/1.1\r\n${HOST}X-A: 1\n\nX-B: 2\r\n\r\n`, got()),
  refused(LF, 'LF and CR the other way round', fields('X-A: 1\n\rX-B: 2\r\n')),
  refused(CR, 'CR alone in a value', fields('X-A: 1\r2\r\n')),
  refused(CR, 'CR alone before a field', fields('X-A: 1\rContent-Length: 50\r\n')),
  refused(CR, 'CR alone at the end of the head', `GET / HTTP/1.1\r\n${HOST}\r`),
  refused(CR, 'two CR before LF', fields('X-A: 1\r\r\n')),
  refused(CR, 'CR alone in a name', fields('X-\rA: 1\r\n')),
  either(CR, 'CR alone before the value', fields('X-A:\r1\r\n'), got()),
  either(VALUE, 'a zero byte in a value', fields('X-A: 1\x002\r\n'), got()),
  either(VALUE, 'a zero byte alone', fields('X-A: \0\r\n'), got()),
  either(VALUE, 'byte 1 in a value', fields('X-A: 1\x012\r\n'), got()),
  either(VALUE, 'a backspace in a value', fields('X-A: 1\b2\r\n'), got()),
  either(VALUE, 'an escape in a value', fields('X-A: \x1b[2J\r\n'), got()),
  either(VALUE, 'a delete in a value', fields('X-A: 1\x7f2\r\n'), got()),
  either(VALUE, 'a vertical tab in a value', fields('X-A: 1\v2\r\n'), got()),
  forwarded(VALUE, 'a tab in a value', fields('X-A: 1\t2\r\n'), got()),
  either(OPAQUE, 'bytes above 127 in a value', fields('X-A: \xe4\xff\x80\r\n'), got()),
  either(OPAQUE, 'a next line of Latin-1 in a value', fields('X-A: 1\x85Content-Length: 50\r\n'), got()),
  refused(COLON, 'a blank before the colon', fields('X-A : 1\r\n')),
  refused(COLON, 'a tab before the colon', fields('X-A\t: 1\r\n')),
  refused(COLON, 'a blank before the colon of a length', fields('Content-Length : 50\r\n')),
  refused(COLON, 'a blank before the colon of Host', `GET / HTTP/1.1\r\nHost : a.example\r\n\r\n`),
  refused(NAME, 'an empty name', fields(': 1\r\n')),
  refused(NAME, 'a line without a colon', fields('X-A\r\n')),
  refused(NAME, 'a blank in a name', fields('X A: 1\r\n')),
  refused(NAME, 'a zero byte in a name', fields('X\0A: 1\r\n')),
  refused(NAME, 'byte 1 in a name', fields('X\x01A: 1\r\n')),
  refused(NAME, 'a byte above 127 in a name', fields('X\xe4A: 1\r\n')),
  refused(NAME, 'a length behind a byte above 127', fields('\xa0Content-Length: 50\r\n')),
  refused(NAME, 'a vertical tab before a name', fields('\vContent-Length: 50\r\n')),
  refused(NAME, 'parentheses in a name', fields('X(A): 1\r\n')),
  refused(NAME, 'a slash in a name', fields('X/A: 1\r\n')),
  refused(NAME, 'an at sign in a name', fields('X@A: 1\r\n')),
  refused(NAME, 'brackets in a name', fields('X[A]: 1\r\n')),
  refused(NAME, 'a semicolon in a name', fields('Content-Length;: 50\r\n')),
  refused(NAME, 'an equals sign in a name', fields('X=A: 1\r\n')),
  refused(NAME, 'a delete in a name', fields('X\x7fA: 1\r\n')),
  refused(NAME, 'a second request line among the fields', fields('GET /smuggled HTTP/1.1\r\n')),
  forwarded(NAME, 'all characters of a token', fields("!#$%&'*+-.^_`|~9a: 1\r\n"), got()),
  forwarded(['9110, 5.5', 'a value may be empty'], 'an empty value', fields('X-A:\r\nX-B: \t \r\n'), got()),
];
