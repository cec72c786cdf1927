import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ForwardedField } from '../../config/proxy-definitions.js';
import {
  fieldValue,
  forwardingOf,
  hostOf,
  NOTHING_MORE,
  requestFields,
  type RequestSources,
  responseFields,
  trailerFields,
} from './fields.js';

const facts = (rawHeaders: string[], changes: Partial<RequestSources> = {}): RequestSources => ({
  rawHeaders,
  httpVersion: '1.1',
  host: 'a.example',
  clientHost: 'a.example',
  body: 'none',
  length: 0,
  peer: '10.0.0.9',
  peerTrusted: false,
  forwarding: forwardingOf(['for', 'proto', 'host', 'via']),
  pseudonym: 'hashflow-0123abcd',
  replica: 'Server 1',
  ...changes,
});
const added = {
  host: 'a.example',
  'x-forwarded-for': '10.0.0.9',
  'x-forwarded-proto': 'http',
  'x-forwarded-host': 'a.example',
  via: '1.1 hashflow-0123abcd',
  'x-hashflow-replica': 'Server 1',
};
/** Without the missing prototype, which only a strict comparison would mind. */
const sent = (...args: Parameters<typeof facts>) => ({ ...requestFields(facts(...args)) });

describe('the fields of a request', () => {
  it('pass, and the balancer’s own are added', () => {
    expect(sent(['Accept', '*/*', 'X-Custom', '1'])).toEqual({ accept: '*/*', 'x-custom': '1', ...added });
  });

  it('stay on their connection when they are meant for it', () => {
    const hop = [
      'Connection',
      'Proxy-Connection',
      'Keep-Alive',
      'TE',
      'Trailer',
      'Upgrade',
      'Proxy-Authorization',
      'Expect',
    ];
    expect(sent(hop.flatMap((name) => [name, 'x']))).toEqual(added);
  });

  it('stay on their connection when Connection names them, in whatever case', () => {
    expect(sent(['X-Hop', '1', 'connection', 'close, X-HOP', 'Connection', 'x-other', 'X-Other', '2'])).toEqual(added);
  });

  it('cannot be dropped by the client where the request depends on them', () => {
    const fields = sent(['Connection', 'host, content-length, x-forwarded-for, via, x-hashflow-replica'], {
      body: 'length',
      length: 5,
    });
    expect(fields).toEqual({ ...added, 'content-length': '5' });
  });

  it('that speak for the balancer are dropped', () => {
    expect(sent(['X-HashFlow-Replica', 'evil', 'x-hashflow-cause', 'x', 'X-HashFlow-Anything', 'x'])).toEqual(added);
  });

  it('that speak for the client are dropped when a stranger sends them', () => {
    const spoofed = [
      'X-Forwarded-For',
      '1.2.3.4',
      'X-Forwarded-Proto',
      'https',
      'X-Forwarded-Port',
      '443',
      'Forwarded',
      'for=1',
    ];
    expect(sent(spoofed)).toEqual(added);
  });

  it('that a program behind a gateway interface could not tell from those are dropped like them', () => {
    const aliases = [
      'X_HashFlow_Replica',
      'x-hashflow_cause',
      'X_Forwarded_For',
      'X-Forwarded_Proto',
      'x_forwarded-host',
    ];
    expect(sent(aliases.flatMap((name) => [name, 'x']))).toEqual(added);
    expect(sent(['X_HashFlowers', '1', 'Not_X_Forwarded_For', '2'])).toEqual({
      ...added,
      x_hashflowers: '1',
      not_x_forwarded_for: '2',
    });
  });

  it('that speak for the client are kept when a trusted proxy sends them', () => {
    const fields = [
      'X-Forwarded-For',
      '1.2.3.4',
      'X-Forwarded-Proto',
      'https',
      'X-Forwarded-Host',
      'pub.example',
      'Via',
      '2 cdn',
    ];
    expect(sent(fields, { peerTrusted: true })).toEqual({
      ...added,
      'x-forwarded-for': '1.2.3.4, 10.0.0.9',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'pub.example',
      via: '2 cdn, 1.1 hashflow-0123abcd',
    });
  });

  it.each([
    [[], {}],
    [['for'], { 'x-forwarded-for': '10.0.0.9' }],
    [['proto', 'host'], { 'x-forwarded-proto': 'http', 'x-forwarded-host': 'a.example' }],
    [['via'], { via: '1.1 hashflow-0123abcd' }],
  ] as [ForwardedField[], object][])(
    'tell of their way what FORWARDED_FIELDS names, and no more: %j',
    (named, told) => {
      const spoofed = ['X-Forwarded-For', '1.2.3.4', 'X-Forwarded-Proto', 'https', 'X-Forwarded-Host', 'pub.example'];
      const own = { host: 'a.example', 'x-hashflow-replica': 'Server 1' };
      expect(sent(spoofed, { forwarding: forwardingOf(named) })).toEqual({ ...own, ...told });
    },
  );

  it('that a trusted proxy wrote pass as they are where the balancer adds nothing', () => {
    const fields = sent(['X-Forwarded-For', '1.2.3.4', 'Via', '2 cdn'], {
      peerTrusted: true,
      forwarding: forwardingOf([]),
    });
    expect(fields).toMatchObject({ 'x-forwarded-for': '1.2.3.4', via: '2 cdn' });
  });

  it('have one id, whatever the client wrote there', () => {
    const raw = ['X-Request-Id', 'a', 'x-request-id', 'b'];
    expect(sent(raw, { requestId: 'r-7' })).toEqual({ ...added, 'x-request-id': 'r-7' });
    expect(sent(raw)['x-request-id']).toEqual(['a', 'b']);
  });

  it('keep their repetitions apart, and cookies in one field', () => {
    const fields = sent(['X-A', '1', 'X-A', '2', 'x-a', '3', 'Cookie', 'a=1', 'Cookie', 'b=2']);
    expect([fields['x-a'], fields.cookie]).toEqual([['1', '2', '3'], 'a=1; b=2']);
  });

  it('carry one framing, the one that was understood', () => {
    const raw = ['Content-Length', '7', 'Transfer-Encoding', 'x'];
    expect(sent(raw, { body: 'chunked' })).toEqual({ ...added, 'transfer-encoding': 'chunked' });
    expect(sent(raw, { body: 'length', length: 7 })).toEqual({ ...added, 'content-length': '7' });
    expect(sent(raw)).toEqual(added);
  });

  it('carry Upgrade only for a WebSocket', () => {
    expect(sent(['Connection', 'upgrade', 'Upgrade', 'websocket'], { upgrade: 'websocket' })).toEqual({
      ...added,
      connection: 'Upgrade',
      upgrade: 'websocket',
    });
  });

  it('may be called like properties of objects', () => {
    const fields = requestFields(facts(['__proto__', 'x', 'constructor', 'y']));
    expect(Object.entries(fields)).toEqual(
      expect.arrayContaining([
        ['__proto__', 'x'],
        ['constructor', 'y'],
      ]),
    );
  });
});

describe('the fields of an answer', () => {
  it('pass as they were sent, but for those of the connection and those that speak for the balancer', () => {
    const raw = [
      ...[
        'Set-Cookie',
        'a=1',
        'SET-COOKIE',
        'b=2',
        'Content-Length',
        '3',
        'Connection',
        'keep-alive, X-Hop, content-length',
      ],
      ...['X-Hop', '1', 'Keep-Alive', 'timeout=5', 'Transfer-Encoding', 'chunked', 'X-HashFlow-Cause', 'no_replica'],
    ];
    expect(responseFields(raw, NOTHING_MORE)).toEqual([
      'Set-Cookie',
      'a=1',
      'SET-COOKIE',
      'b=2',
      'Content-Length',
      '3',
    ]);
  });

  it('name the replica where that is asked for', () => {
    expect(responseFields(['X-HashFlow-Replica', 'evil'], { replica: 'Server 1' })).toEqual([
      'X-HashFlow-Replica',
      'Server 1',
    ]);
  });

  it('tell the id of the request when asked, and then it is ours', () => {
    const raw = ['x-request-id', 'theirs', 'X-A', '1'];
    expect(responseFields(raw, NOTHING_MORE)).toEqual(raw);
    expect(responseFields(raw, { requestId: 'r-7' })).toEqual(['X-A', '1', 'X-Request-Id', 'r-7']);
  });
});

describe('a name as a field value', () => {
  it('is legal in a field and stands for one name only', () => {
    expect(fieldValue('Server 1')).toBe('Server 1');
    expect(fieldValue('50% ü\r\n')).toBe('50%25 %C3%BC%0D%0A');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        const value = fieldValue(name);
        expect(value).toMatch(/^[\x20-\x7e]*$/);
        expect(decodeURIComponent(value)).toBe(name);
      }),
    );
  });
});

describe('the fields of a trailer', () => {
  it('pass in order, case and repetition, but for all that counts only in a head', () => {
    const dropped = [
      'Connection',
      'Transfer-Encoding',
      'Content-Length',
      'Host',
      'Trailer',
      'Via',
      'X-Forwarded-For',
      'Forwarded',
      'X-HashFlow-Replica',
      'X-Request-Id',
      'Cookie',
      'Set-Cookie',
      'Authorization',
    ];
    const raw = ['X-B', '1', ...dropped.flatMap((name) => [name, 'x']), 'x-a', '2', 'X-B', '3'];
    expect(trailerFields(raw)).toEqual([
      ['X-B', '1'],
      ['x-a', '2'],
      ['X-B', '3'],
    ]);
  });
});

describe('the Host of a replica by its own address', () => {
  it('is its authority, else address and port', () => {
    expect(hostOf({ authority: 'api.example:8080', host: '10.0.0.1', port: 8080 })).toBe('api.example:8080');
    expect(hostOf({ host: '10.0.0.1', port: 80 })).toBe('10.0.0.1:80');
    expect(hostOf({ host: '::1', port: 80 })).toBe('[::1]:80');
  });
});
