import { describe, expect, it } from '@jest/globals';
import { checkHead, type RawHead, type RequestHead } from './head.js';

interface Outcome {
  readonly head?: RequestHead;
  readonly refusal?: string;
}
const check = (changes: Partial<Omit<RawHead, 'rawHeaders'>>, ...fields: [string, string][]): Outcome =>
  checkHead(
    { method: 'GET', url: '/', httpVersion: '1.1', rawHeaders: fields.flat(), ...changes },
    { maxHead: 16_384, maxFields: 100 },
  );
const HOST: [string, string] = ['Host', 'a.example'];

describe('a request head', () => {
  it.each([
    ['origin form', { url: '/a?b=c' }, '/a?b=c', 'a.example'],
    ['a doubled slash', { url: '//add' }, '//add', 'a.example'],
    ['an encoded letter', { url: '/%61dd' }, '/%61dd', 'a.example'],
    ['absolute form, whose authority is the host', { url: 'http://b.example:80/x?y' }, '/x?y', 'b.example:80'],
    ['absolute form in capitals', { url: 'HTTP://B.example/x' }, '/x', 'B.example'],
    ['absolute form without a path', { url: 'http://b.example' }, '/', 'b.example'],
    ['absolute form with only a query', { url: 'http://b.example?x' }, '/?x', 'b.example'],
    ['OPTIONS of the server', { method: 'OPTIONS', url: '*' }, '*', 'a.example'],
    ['OPTIONS of an authority', { method: 'OPTIONS', url: 'http://b.example' }, '*', 'b.example'],
    ['OPTIONS of a path', { method: 'OPTIONS', url: '/x' }, '/x', 'a.example'],
  ])('is taken in %s', (_what, changes, target, host) => {
    expect(check(changes, HOST).head).toMatchObject({ target, host });
  });

  it.each(['a', 'a.example:8080', '[::1]:80', '[2001:db8::1]', '127.0.0.1', 'under_score', ''])(
    'is taken with Host: %s',
    (host) => {
      expect(check({}, ['Host', host]).head?.host).toBe(host);
    },
  );

  it('needs no Host in HTTP/1.0', () => {
    expect(check({ httpVersion: '1.0' }).head?.host).toBeUndefined();
  });

  it.each([
    ['no body', [], 'none', 0],
    ['Content-Length: 0', [['Content-Length', '0']], 'none', 0],
    ['Content-Length: 5', [['Content-Length', '5']], 'length', 5],
    ['Transfer-Encoding: chunked', [['Transfer-Encoding', 'chunked']], 'chunked', 0],
    ['Transfer-Encoding: Chunked', [['transfer-encoding', 'Chunked']], 'chunked', 0],
  ] as [string, [string, string][], string, number][])('tells the framing of %s', (_what, fields, body, length) => {
    expect(check({}, HOST, ...fields).head).toMatchObject({ body, length });
  });

  it.each([
    ['no Host in HTTP/1.1', {}, []],
    ['two Hosts', {}, [HOST, HOST]],
    ['two Hosts in HTTP/1.0', { httpVersion: '1.0' }, [HOST, ['host', 'b']]],
    ['a Host with a path', {}, [['Host', 'a/b']]],
    ['a Host with a user', {}, [['Host', 'u@a']]],
    ['a Host with a blank', {}, [['Host', 'a b']]],
    ['a list of Hosts', {}, [['Host', 'a,b']]],
    ['a Host with a port that is none', {}, [['Host', 'a:b']]],
    ['both framings', {}, [HOST, ['Content-Length', '5'], ['Transfer-Encoding', 'chunked']]],
    ['both framings, the length being zero', {}, [HOST, ['Content-Length', '0'], ['Transfer-Encoding', 'chunked']]],
    ['Transfer-Encoding in HTTP/1.0', { httpVersion: '1.0' }, [HOST, ['Transfer-Encoding', 'chunked']]],
    ['two lengths', {}, [HOST, ['Content-Length', '5'], ['Content-Length', '5']]],
    ['a list of lengths', {}, [HOST, ['Content-Length', '5, 5']]],
    ['a signed length', {}, [HOST, ['Content-Length', '+5']]],
    ['a length in hex', {}, [HOST, ['Content-Length', '0x5']]],
    ['a length beyond counting', {}, [HOST, ['Content-Length', '9'.repeat(16)]]],
    ['two codings', {}, [HOST, ['Transfer-Encoding', 'chunked'], ['Transfer-Encoding', 'chunked']]],
    ['an asterisk that is not OPTIONS', { url: '*' }, [HOST]],
    ['a target of no form', { url: 'x' }, [HOST]],
    ['a fragment', { url: '/a#b' }, [HOST]],
    ['another scheme', { url: 'ftp://a/x' }, [HOST]],
    ['an absolute target without authority', { url: 'http:///x' }, [HOST]],
    ['an authority with a user', { url: 'http://u@a/x' }, [HOST]],
    ['an authority without a host', { url: 'http://:80/x' }, [HOST]],
    ['a Host with a broken percent sign', {}, [['Host', 'a%zz']]],
    ['HTTP/0.9', { httpVersion: '0.9' }, [HOST]],
    ['HTTP/2.0', { httpVersion: '2.0' }, [HOST]],
  ] as [string, Partial<RawHead>, [string, string][]][])(
    'is refused as bad_request for %s',
    (_what, changes, fields) => {
      expect(check(changes, ...fields).refusal).toBe('bad_request');
    },
  );

  it.each([
    ['a coding that would have to be undone', { method: 'POST' }, [['Transfer-Encoding', 'gzip, chunked']]],
    ['CONNECT', { method: 'CONNECT', url: 'a:443' }, []],
    ['SOURCE, which may be ICE', { method: 'SOURCE', httpVersion: '1.0' }, []],
  ] as [string, Partial<RawHead>, [string, string][]][])(
    'is refused as not_implemented for %s',
    (_what, changes, fields) => {
      expect(check(changes, HOST, ...fields).refusal).toBe('not_implemented');
    },
  );

  it('is refused as head_too_large for one field too many', () => {
    const fields = (count: number) => Array.from({ length: count }, (_, index): [string, string] => [`x-${index}`, '']);
    expect(check({}, HOST, ...fields(99)).refusal).toBeUndefined();
    expect(check({}, HOST, ...fields(100)).refusal).toBe('head_too_large');
  });
});
