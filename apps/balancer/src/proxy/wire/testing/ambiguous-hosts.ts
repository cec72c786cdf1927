// Owns requests that name two hosts, none, or something that is no host, in Host and in the target.
import {
  type AmbiguousRequest,
  either,
  forwarded,
  get,
  got,
  HOST,
  type Meaning,
  refused,
} from './ambiguous-request.js';

const ONE = ['9112, 3.2', 'an HTTP/1.1 request has exactly one Host, or is answered with 400'] as const;
const FORM = ['9110, 7.2', 'Host is a host and a port, and nothing else'] as const;
const ABSOLUTE = ['9112, 3.2.2', 'the authority of the target replaces Host'] as const;
const USER = ['9110, 4.2.4', 'userinfo in a target of an untrusted source is an error'] as const;
const AUTHORITY = ['9110, 4.2.1', 'an http URI with an empty host is invalid'] as const;
const FORMS = ['9112, 3.2', 'a target has one of four forms, each for its methods'] as const;
const SCHEME = [
  '9110, 7.4',
  'what is meant for another origin may be refused, or is passed on for its authority',
] as const;

const hosted = (lines: string, target = '/') => `GET ${target} HTTP/1.1\r\n${lines}\r\n`;
const host = (value: string) => hosted(`Host:${value}\r\n`);
const options = (target: string): Meaning => ({ method: 'OPTIONS', target, host: 'a.example', body: '' });

export const AMBIGUOUS_HOSTS: readonly AmbiguousRequest[] = [
  refused(ONE, 'no Host', hosted('X-A: 1\r\n')),
  refused(ONE, 'two Hosts', hosted(`${HOST}Host: b.example\r\n`)),
  refused(ONE, 'the same Host twice', hosted(`${HOST}${HOST}`)),
  refused(ONE, 'two Hosts in odd case with a field between', hosted(`${HOST}X-A: 1\r\nhOST: b.example\r\n`)),
  refused(ONE, 'a Host and an empty one', hosted(`${HOST}Host:\r\n`)),
  refused(ONE, 'two Hosts and an absolute target', hosted(`${HOST}Host: b.example\r\n`, 'http://a.example/')),
  refused(ONE, 'no Host and an absolute target', hosted('X-A: 1\r\n', 'http://a.example/')),
  refused(ONE, 'two Hosts in HTTP/1.0', `GET / HTTP/1.0\r\n${HOST}Host: b.example\r\n\r\n`),
  either(FORM, 'an empty Host', host(''), got('/', '')),
  forwarded(FORM, 'a Host without a blank before it', host('a.example'), got()),
  forwarded(FORM, 'a Host with blanks and tabs around', host(' \t a.example \t'), got()),
  forwarded(FORM, 'a Host with a port', host(' a.example:8080'), got('/', 'a.example:8080')),
  forwarded(FORM, 'an IPv6 Host', host(' [::1]:80'), got('/', '[::1]:80')),
  either(FORM, 'a Host with an empty port', host(' a.example:'), got('/', 'a.example:')),
  refused(FORM, 'a Host with userinfo', host(' user@a.example')),
  refused(FORM, 'a Host with userinfo that looks like a host', host(' b.example:80@a.example')),
  refused(FORM, 'a Host with a path', host(' a.example/b')),
  refused(FORM, 'a Host with a query', host(' a.example?b')),
  refused(FORM, 'a Host with a fragment', host(' a.example#b')),
  refused(FORM, 'a Host with a backslash', host(' a.example\\b.example')),
  refused(FORM, 'a Host with a scheme', host(' http://a.example')),
  refused(FORM, 'a list of Hosts', host(' a.example, b.example')),
  refused(FORM, 'a list of Hosts without a blank', host(' a.example,b.example')),
  refused(FORM, 'a Host with a blank inside', host(' a.example b.example')),
  refused(FORM, 'a Host with a tab inside', host(' a.example\tb.example')),
  refused(FORM, 'a Host with a port that is a word', host(' a.example:http')),
  refused(FORM, 'a Host with a negative port', host(' a.example:-80')),
  refused(FORM, 'a Host with two ports', host(' a.example:80:81')),
  refused(FORM, 'a Host with a port beyond counting', host(` a.example:${'9'.repeat(30)}`)),
  refused(FORM, 'a Host with an unclosed bracket', host(' [::1')),
  refused(FORM, 'a Host with a byte above 127', host(' \xe4.example')),
  refused(FORM, 'a Host with a quote', host(' "a.example"')),
  refused(FORM, 'a Host with angle brackets', host(' <a>')),
  refused(FORM, 'a Host with a zero byte', host(' a.example\0b.example')),
  refused(FORM, 'a Host with a broken percent sign', host(' a%zz.example')),
  refused(FORM, 'a folded Host', host(' a.example\r\n b.example')),
  either(ABSOLUTE, 'an absolute target of another host', get('', 'http://b.example/x'), got('/x', 'b.example')),
  either(ABSOLUTE, 'an absolute target of the same host', get('', 'http://a.example/x'), got('/x')),
  either(ABSOLUTE, 'an absolute target with a port', get('', 'http://b.example:81/x'), got('/x', 'b.example:81')),
  either(ABSOLUTE, 'an absolute target in capitals', get('', 'HTTP://a.example/x'), got('/x')),
  either(ABSOLUTE, 'an absolute target without a path', get('', 'http://a.example'), got()),
  either(ABSOLUTE, 'an absolute target with only a query', get('', 'http://a.example?x'), got('/?x')),
  either(
    ABSOLUTE,
    'an absolute target and an empty Host',
    hosted('Host:\r\n', 'http://b.example/x'),
    got('/x', 'b.example'),
  ),
  either(SCHEME, 'a target with https', get('', 'https://a.example/x'), got('/x')),
  refused(SCHEME, 'a target with ftp', get('', 'ftp://a.example/x')),
  refused(SCHEME, 'a target with file', get('', 'file:///etc/passwd')),
  refused(SCHEME, 'a target with javascript', get('', 'javascript:alert(1)')),
  refused(USER, 'an absolute target with a user', get('', 'http://user@a.example/x')),
  refused(USER, 'an absolute target with a user that looks like a host', get('', 'http://b.example:80@a.example/x')),
  refused(AUTHORITY, 'an absolute target without an authority', get('', 'http:///x')),
  refused(AUTHORITY, 'an absolute target with one slash', get('', 'http:/a.example/x')),
  refused(AUTHORITY, 'an absolute target without slashes', get('', 'http:a.example')),
  refused(AUTHORITY, 'an absolute target with only a port', get('', 'http://:80/x')),
  refused(AUTHORITY, 'an absolute target with a backslash', get('', 'http://a.example\\@b.example/x')),
  refused(AUTHORITY, 'an absolute target with a list of hosts', get('', 'http://a.example,b.example/x')),
  refused(FORMS, 'a target that is a word', get('', 'x')),
  refused(FORMS, 'a target that is a host and a port', get('', 'a.example:80')),
  refused(FORMS, 'a target that begins with a question mark', get('', '?x')),
  refused(FORMS, 'a target that begins with a backslash', get('', '\\x')),
  refused(FORMS, 'a target that begins with a dot', get('', '../x')),
  refused(FORMS, 'an asterisk with GET', get('', '*')),
  refused(FORMS, 'an asterisk and more', `OPTIONS *x HTTP/1.1\r\n${HOST}\r\n`),
  either(FORMS, 'an asterisk with OPTIONS', `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, options('*')),
  refused(
    ['9110, 9.3.6', 'CONNECT is for tunnels, which there are none of'],
    'CONNECT',
    `CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n`,
  ),
  refused(['9110, 9.3.6', 'CONNECT has an authority'], 'CONNECT of a path', `CONNECT / HTTP/1.1\r\n${HOST}\r\n`),
  refused(
    ['9110, 9.3.6', 'CONNECT has no content'],
    'CONNECT with a length',
    `CONNECT a.example:443 HTTP/1.1\r\n${HOST}Content-Length: 50\r\n\r\n`,
  ),
  forwarded(FORMS, 'a doubled slash', get('', '//b.example/x'), got('//b.example/x')),
  forwarded(FORMS, 'an encoded line end', get('', '/x%0d%0aContent-Length:%2050'), got('/x%0d%0aContent-Length:%2050')),
  forwarded(FORMS, 'dots', get('', '/a/../../b'), got('/a/../../b')),
  forwarded(FORMS, 'an absolute URI as a path', get('', '/http://b.example/'), got('/http://b.example/')),
];
