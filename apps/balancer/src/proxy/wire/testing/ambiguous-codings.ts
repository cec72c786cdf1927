// Owns requests whose Transfer-Encoding one parser takes for chunked and another does not. The bodies are chunked, so that who
// does not see it finds a request in them.
import {
  type AmbiguousRequest,
  CHUNKED,
  either,
  forwarded,
  HELLO,
  HOST,
  post,
  posted,
  refused,
} from './ambiguous-request.js';

const CASE = ['9112, 7', 'names of codings have no case, blanks around a value are none of it'] as const;
const FINAL = ['9112, 6.3', 'a request whose last coding is not chunked has no end: 400'] as const;
const UNKNOWN = ['9112, 6.1', 'who does not understand a coding answers 501'] as const;
const ONCE = ['9112, 6.1', 'chunked must not be applied twice'] as const;
const LIST = ['9110, 5.6.1', 'empty elements of a list are to be ignored, or refused'] as const;
const NAME = ['9112, 5.1', 'a blank between name and colon is refused; other bytes make no name'] as const;
const VALUE = ['9110, 5.5', 'control characters make a value that nobody may trust'] as const;
const OLD = ['9112, 6.1', 'a coding in HTTP/1.0 is faulty framing'] as const;
const FOLD = ['9112, 5.2', 'a folded line is refused, or joined by blanks before it is read'] as const;

const coded = (field: string, body = HELLO) => post(`${field}\r\n`, body);
const coding = (value: string) => coded(`Transfer-Encoding:${value}`);

export const AMBIGUOUS_CODINGS: readonly AmbiguousRequest[] = [
  forwarded(CASE, 'chunked in capitals', coding(' CHUNKED'), posted()),
  forwarded(CASE, 'chunked with a capital', coding(' Chunked'), posted()),
  forwarded(CASE, 'a blank behind chunked', coding(' chunked '), posted()),
  forwarded(CASE, 'a tab before chunked', coding('\tchunked'), posted()),
  // Legal, but llhttp does not take the tab for a blank there.
  either(CASE, 'a tab behind chunked', coding(' chunked\t'), posted()),
  forwarded(CASE, 'no blank before chunked', coding('chunked'), posted()),
  forwarded(CASE, 'the name in odd case', coded('tRANSFER-eNCODING: chunked'), posted()),
  refused(FINAL, 'chunked, identity', coding(' chunked, identity')),
  refused(FINAL, 'chunked, gzip', coding(' chunked, gzip')),
  refused(FINAL, 'identity', coding(' identity')),
  refused(FINAL, 'gzip', coding(' gzip')),
  refused(FINAL, 'nothing', coding('')),
  refused(FINAL, 'blanks only', coding('   ')),
  refused(FINAL, 'a comma only', coding(' ,')),
  refused(UNKNOWN, 'identity, chunked', coding(' identity, chunked')),
  refused(UNKNOWN, 'xchunked', coding(' xchunked')),
  refused(UNKNOWN, 'chunkedx', coding(' chunkedx')),
  refused(UNKNOWN, 'x chunked', coding(' x chunked')),
  refused(UNKNOWN, 'chunked x', coding(' chunked x')),
  refused(UNKNOWN, 'chunked with a parameter', coding(' chunked;a=b')),
  refused(UNKNOWN, 'chunked in quotes', coding(' "chunked"')),
  refused(UNKNOWN, 'chunked in single quotes', coding(" 'chunked'")),
  refused(UNKNOWN, 'a colon before chunked', coding(': chunked')),
  refused(UNKNOWN, 'chunked with a long s of Latin-1', coding(' chun\xf0ed')),
  either(UNKNOWN, 'gzip, chunked', coding(' gzip, chunked'), posted()),
  refused(ONCE, 'chunked, chunked', coding(' chunked, chunked')),
  refused(ONCE, 'two fields, both chunked', coded(`${CHUNKED}Transfer-Encoding: chunked`)),
  refused(FINAL, 'two fields, the second identity', coded(`${CHUNKED}Transfer-Encoding: identity`)),
  refused(
    UNKNOWN,
    'two fields, the first identity',
    coded('Transfer-Encoding: identity\r\nTransfer-Encoding: chunked'),
  ),
  refused(FINAL, 'two fields, the second in other case', coded(`${CHUNKED}transfer-encoding: x`)),
  refused(FINAL, 'two fields, the second empty', coded(`${CHUNKED}Transfer-Encoding:`)),
  either(LIST, 'a comma before chunked', coding(' ,chunked'), posted()),
  either(LIST, 'a comma behind chunked', coding(' chunked,'), posted()),
  refused(NAME, 'a blank before the colon', coded('Transfer-Encoding : chunked')),
  refused(NAME, 'a tab before the colon', coded('Transfer-Encoding\t: chunked')),
  refused(NAME, 'a carriage return before the colon', coded('Transfer-Encoding\r: chunked')),
  refused(NAME, 'a zero byte in the name', coded('Transfer\0-Encoding: chunked')),
  refused(NAME, 'a blank before the name', coded('X-A: 1\r\n Transfer-Encoding: chunked')),
  refused(NAME, 'a byte above 127 in the name', coded('Transfer\x96Encoding: chunked')),
  refused(NAME, 'a quote before the name', coded('"Transfer-Encoding: chunked')),
  refused(NAME, 'no colon', coded('Transfer-Encoding chunked')),
  refused(VALUE, 'a vertical tab before chunked', coding(' \vchunked')),
  refused(VALUE, 'a form feed before chunked', coding(' \fchunked')),
  refused(VALUE, 'a backspace in chunked', coding(' chun\bked')),
  refused(VALUE, 'a zero byte behind chunked', coding(' chunked\0')),
  refused(VALUE, 'a carriage return behind chunked', coding(' chunked\r')),
  refused(VALUE, 'a no-break space before chunked', coding(' \xa0chunked')),
  refused(VALUE, 'a delete before chunked', coding(' \x7fchunked')),
  refused(OLD, 'chunked in HTTP/1.0', `POST / HTTP/1.0\r\n${HOST}${CHUNKED}\r\n${HELLO}`),
  either(FOLD, 'chunked on a line of its own', coding('\r\n chunked'), posted()),
  refused(FOLD, 'chunked, folded into x', coding(' chunked\r\n x')),
  refused(FOLD, 'chunked behind a folded x', coding(' x\r\n\tchunked')),
];
