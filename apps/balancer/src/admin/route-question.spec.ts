import fc from 'fast-check';
import { compileHashKey, type KeyRequest } from '../routing/hash-key.js';
import { RequestError } from './failure.js';
import { readRouteQuestion } from './route-question.js';

function requestOf(search: string): KeyRequest {
  const question = readRouteQuestion(search);
  if (!('request' in question)) throw new Error('it is a key');
  return question.request;
}
const keyOf = (chain: string, search: string) => compileHashKey(chain).select(requestOf(search), () => 0.5).key;
const refusal = (search: string, chain = 'random') => {
  try {
    keyOf(chain, search);
  } catch (error) {
    if (error instanceof RequestError) return error.message;
    throw error;
  }
  throw new Error(`${search} was not refused`);
};

describe('a key', () => {
  it('is taken as an answer shows it, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (key) => {
        expect(readRouteQuestion(`key=${encodeURIComponent(key)}`)).toEqual({ key });
      }),
    );
  });

  it.each([
    ['key=a&path=/', 'path goes with a request; key stands alone'],
    ['key=', 'key is empty: an empty value counts as absent'],
    ['key', 'key is empty: an empty value counts as absent'],
    ['key=%E9', 'key is no percent-encoded UTF-8: "%E9"'],
    ['key=%zz', '"key" has a percent sign that encodes nothing: "%zz"'],
    ['key=a&key=b', 'the query parameter "key" stands more than once'],
  ])('%s is refused: %s', (search, message) => {
    expect(refusal(search)).toBe(message);
  });
});

describe('a request', () => {
  it.each([
    ['header:x-user', 'header.X-User=ann', 'ann'],
    ['header:x-user', 'header.x-user=%20ann%09', 'ann'],
    ['header:x-user', 'header.x-user=caf%C3%A9', 'caf\u00c3\u00a9'],
    ['header:x-user', 'header.x-user=caf%E9', 'caf\u00e9'],
    ['header:host', 'host=Shop.example', 'Shop.example'],
    ['cookie:sid', 'cookie.a=1&cookie.sid=x%3Dy', 'x=y'],
    ['query:user', 'query.user=ann+lee', 'ann lee'],
    ['query:user', 'query.user=a%26b%3D%25', 'a&b=%'],
    ['query:user', 'path=/p%3Fuser=bob&query.page=2', 'bob'],
    ['path', '', '/'],
    ['path:1', 'path=/shop/cart', '/shop'],
    ['path', 'path=/a%2520b', '/a%20b'],
    ['uri', 'path=/shop&query.a=1&query.b=%E2%82%AC', '/shop?a=1&b=%E2%82%AC'],
    ['host', 'host=Shop.example:80', 'shop.example'],
    ['ip', 'ip=::ffff:10.1.2.3', '10.1.2.3'],
    ['ip:/24', 'ip=10.1.2.3', '10.1.2.0'],
    ['header:x-user,path:1', 'header.x-other=1&path=/a/b', '/a'],
    ['header:constructor,cookie:sid', 'cookie.sid=1', '1'],
    ['random', '', '550000'],
  ])('%s finds in %j the key %s', (chain, search, key) => {
    expect(keyOf(chain, search)).toBe(key);
  });

  it('is missed for what every request has and nobody can guess, but only where the chain asks for it', () => {
    expect(refusal('path=/', 'ip')).toBe('ip is missing: HASH_KEY asks for the address of the client');
    expect(refusal('path=/', 'header:x-user,host')).toBe('host is missing: HASH_KEY asks for the Host');
    expect(keyOf('header:x-user,ip,host', 'header.x-user=ann')).toBe('ann');
  });

  it.each([
    ['header=x', 'unknown query parameter "header"'],
    ['header.=x', 'header. needs the name of a header field'],
    ['header.a%20b=x', 'header.a b needs the name of a header field'],
    ['header.host=a', 'header.host must be given as host='],
    ['header.cookie=a=1', 'header.cookie must be given as cookie.NAME='],
    ['header.x=a%0Db', 'header.x has a character that no header field can hold'],
    ['header.x=1&header.X=2', 'the query parameter "header.X" stands more than once'],
    ['cookie.a%3Bb=1', 'cookie.a;b needs the name of a cookie'],
    ['cookie.sid=a;b', 'cookie.sid must not contain a semicolon'],
    ['query.=1', 'unknown query parameter "query."'],
    ['path=shop', 'path must be a path as a request line has it, from the slash on, not "shop"'],
    ['path=', 'path must be a path'],
    ['path=/a%20b', 'path must be a path'],
    ['path=/a%23b', 'path must be a path'],
    ['host=', 'host must be a host name'],
    ['host=a%20b', 'host must be a host name'],
    ['ip=10.1.2', 'ip must be an IPv4 or IPv6 address, not "10.1.2"'],
    ['ip=10.1.2.3/24', 'ip must be an IPv4 or IPv6 address'],
    ['ip.v4=10.1.2.3', 'unknown query parameter "ip.v4"'],
    ['path=/%', '"path" has a percent sign that encodes nothing'],
    ['user=ann', 'unknown query parameter "user"; known are key, or path'],
    ['__proto__=1', 'unknown query parameter "__proto__"'],
    ['constructor=1', 'unknown query parameter "constructor"'],
  ])('with %s is refused: %s', (search, message) => {
    expect(refusal(search)).toContain(message);
  });

  it('is read or refused with a RequestError, whatever the query', () => {
    const piece = fc.constantFrom(
      'key',
      'path',
      'ip',
      'header.',
      'cookie.a',
      'query.b',
      '=',
      '&',
      '%',
      '%4',
      '%41',
      '+',
      'é',
      '.',
    );
    fc.assert(
      fc.property(
        fc.array(piece).map((pieces) => pieces.join('')),
        (search) => {
          try {
            readRouteQuestion(search);
          } catch (error) {
            expect(error).toBeInstanceOf(RequestError);
          }
        },
      ),
    );
  });
});
