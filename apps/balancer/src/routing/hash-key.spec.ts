import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compileHashKey, HashKeyError, type KeyRequest, validateHashKey } from './hash-key.js';

interface Draft extends Omit<KeyRequest, 'field'> {
  readonly headers: Readonly<Record<string, string>>;
}
const HEADERS = { 'x-hash-key': 'k1', cookie: 'sid=abc; theme=dark', 'x-tenant': 'acme', 'x-empty': '' };

const request = ({ headers = HEADERS, ...changes }: Partial<Draft> = {}): KeyRequest => ({
  target: '/shop/cart/items?user=ann&page=2',
  host: 'Shop.Example:8080',
  ip: '10.1.2.3',
  field: (name) => new Map(Object.entries(headers)).get(name),
  ...changes,
});
const key = (chain: string, changes?: Partial<Draft>) => compileHashKey(chain).select(request(changes), () => 0.5);

describe('a key chain', () => {
  it.each([
    ['header:x-hash-key', 'k1'],
    ['header:X-Hash-Key', 'k1'],
    [' header:x-tenant ', 'acme'],
    ['cookie:sid', 'abc'],
    ['cookie:theme', 'dark'],
    ['query:user', 'ann'],
    ['query:page', '2'],
    ['path', '/shop/cart/items'],
    ['path:1', '/shop'],
    ['path:2', '/shop/cart'],
    ['path:3', '/shop/cart/items'],
    ['path:9', '/shop/cart/items'],
    ['uri', '/shop/cart/items?user=ann&page=2'],
    ['host', 'shop.example'],
    ['ip', '10.1.2.3'],
    ['ip:/24', '10.1.2.0'],
    ['ip:/8:/64', '10.0.0.0'],
    ['header:x-tenant+path:1', '4:acme5:/shop'],
    ['cookie:sid + host', '3:abc12:shop.example'],
    ['header:x-absent,cookie:sid', 'abc'],
    ['header:x-empty,query:none,host', 'shop.example'],
    ['header:constructor,header:__proto__,host', 'shop.example'],
    ['header:x-absent+path,uri', '/shop/cart/items?user=ann&page=2'],
  ])('%s yields %s', (chain, expected) => {
    expect(key(chain).key).toBe(expected);
  });

  it.each([
    ['header:x-hash-key,random', 0],
    ['header:x-absent,cookie:sid,random', 1],
    ['header:x-absent,random', 1],
    ['header:x-absent', -1],
  ])('%s says that link %i supplied the key', (chain, link) => {
    expect(key(chain).link).toBe(link);
  });

  it.each([
    [0, '100000'],
    [0.5, '550000'],
    [1 - 2 ** -53, '999999'],
  ])('makes a random six-digit key of %d: %s', (fraction, expected) => {
    expect(compileHashKey('random').select(request(), () => fraction).key).toBe(expected);
  });

  it.each([
    ['a cookie with an equals sign', 'cookie:t', { headers: { cookie: 'a=1; t=x=y' } }, 'x=y'],
    ['the first of two cookies', 'cookie:t', { headers: { cookie: 't=1; t=2' } }, '1'],
    ['an encoded query value', 'query:u', { target: '/?u=a%2Fb+c' }, 'a/b c'],
    ['a query value of broken encoding', 'query:u', { target: '/?u=%zz' }, '%zz'],
    ['an encoded query name', 'query:u', { target: '/?%75=1' }, '1'],
    ['the asterisk', 'path', { target: '*' }, '*'],
    ['a path of one slash', 'path:2', { target: '/' }, '/'],
    ['an IPv6 network', 'ip:/24:/64', { ip: '2001:db8:1:2:3:4:5:6' }, '2001:db8:1:2:0:0:0:0'],
    ['an IPv4 client of a dual-stack socket', 'ip', { ip: '::ffff:10.1.2.3' }, '10.1.2.3'],
    ['an IPv6 host', 'host', { host: '[::1]:80' }, '[::1]'],
  ] as [string, string, Partial<Draft>, string][])('reads %s', (_what, chain, changes, expected) => {
    expect(key(chain, changes).key).toBe(expected);
  });

  it.each([
    ['cookie:sid', { headers: { cookie: 'other=1' } }],
    ['cookie:sid', { headers: {} }],
    ['query:user', { target: '/shop' }],
    ['query:user', { target: '/shop?user' }],
    ['query:user', { target: '/shop?user=' }],
    ['host', { host: undefined }],
    ['host', { host: '' }],
  ] as [string, Partial<Draft>][])('%s counts what is missing or empty as absent', (chain, changes) => {
    expect(key(chain, changes).link).toBe(-1);
  });

  it.each([
    ['', 'empty'],
    ['header:a,', 'empty'],
    [',random', 'empty'],
    ['header:a+', 'empty'],
    ['header', 'bad_name'],
    ['header:', 'bad_name'],
    ['header:x y', 'bad_name'],
    ['header:a:b', 'bad_name'],
    ['cookie:', 'bad_name'],
    ['cookie:a;b', 'bad_name'],
    ['query:', 'bad_name'],
    ['query:a=b', 'bad_name'],
    ['path:', 'bad_depth'],
    ['path:0', 'bad_depth'],
    ['path:-1', 'bad_depth'],
    ['path:1.5', 'bad_depth'],
    ['path:101', 'bad_depth'],
    ['path:x', 'bad_depth'],
    ['ip:24', 'bad_mask'],
    ['ip:/0', 'bad_mask'],
    ['ip:/33', 'bad_mask'],
    ['ip:/24:/129', 'bad_mask'],
    ['ip:/24/64', 'bad_mask'],
    ['uri:1', 'unknown_part'],
    ['host:a', 'unknown_part'],
    ['body', 'unknown_part'],
    ['Header:a', 'unknown_part'],
    ['random,path', 'random_position'],
    ['path+random', 'random_position'],
    [Array(17).fill('path').join(), 'too_long'],
  ])('%j is refused: %s', (chain, code) => {
    expect(() => compileHashKey(chain)).toThrow(expect.objectContaining({ name: 'HashKeyError', code }));
    expect(validateHashKey(chain)).toEqual(expect.any(String));
  });

  it('names the part that is wrong', () => {
    expect(() => compileHashKey('header:a,path:x,random')).toThrow(HashKeyError);
    expect(validateHashKey('header:a,path:x,random')).toBe('"path:x" needs a depth from 1 to 100: path:DEPTH');
    expect(validateHashKey('header:a,random')).toBeUndefined();
  });

  it('has one canonical text for all ways to write the same', () => {
    expect(compileHashKey(' header:X-User + path:02 , ip:/32:/128 ').text).toBe('header:x-user+path:2,ip');
    expect(compileHashKey(compileHashKey('ip:/24,query:U').text).text).toBe('ip:/24,query:U');
  });
});

describe('a composite', () => {
  it('never yields one key for two different pairs of values', () => {
    const chain = compileHashKey('header:a+header:b');
    const pair = fc.tuple(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }));
    const keyOf = ([a, b]: [string, string]) => chain.select(request({ headers: { a, b } }), () => 0).key;
    fc.assert(
      fc.property(pair, pair, (one, other) => {
        expect(keyOf(one) === keyOf(other)).toBe(one[0] === other[0] && one[1] === other[1]);
      }),
    );
  });
});

describe('any text', () => {
  it('either compiles to a chain whose text compiles to the same, or is refused with a reason', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom('header:a', 'cookie:b', 'query:c', 'path', 'path:2', 'uri', 'ip', 'ip:/24:/64', 'host', 'random'),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 5 }), fc.constantFrom(',', '+', ', '), (pieces, joint) => {
        const text = pieces.join(joint);
        const problem = validateHashKey(text);
        if (problem === undefined) {
          const canonical = compileHashKey(text).text;
          expect(compileHashKey(canonical).text).toBe(canonical);
        } else expect(problem.length).toBeGreaterThan(0);
      }),
    );
  });
});
