import { describe, expect, it } from '@jest/globals';
import { RuntimeError } from '../runtime-error.js';
import { parseStaticReplica } from './static-replica.js';

describe('NAME=URL[;weight]', () => {
  it.each([
    ['S1=http://10.0.0.7:8080', { name: 'S1', url: 'http://10.0.0.7:8080', host: '10.0.0.7', port: 8080, weight: 1 }],
    [
      'Server 1=http://app.internal',
      { name: 'Server 1', url: 'http://app.internal:80', host: 'app.internal', port: 80, weight: 1 },
    ],
    ['a=http://h:1/;2.5', { name: 'a', url: 'http://h:1', host: 'h', port: 1, weight: 2.5 }],
    ['v6=http://[::1]:9000;3', { name: 'v6', url: 'http://[::1]:9000', host: '::1', port: 9000, weight: 3 }],
    ['up=HTTP://H:80', { name: 'up', url: 'http://h:80', host: 'h', port: 80, weight: 1 }],
  ])('reads %s', (text, replica) => {
    expect(parseStaticReplica(text)).toEqual(replica);
  });

  it.each([
    ['S1', 'NAME=http://host:port'],
    ['', 'NAME=http://host:port'],
    ['=http://h:1', 'start with a name'],
    ['-a=http://h:1', 'start with a name'],
    [`${'a'.repeat(64)}=http://h:1`, 'start with a name'],
    ['a=', 'http:// URL'],
    ['a=h:80', 'http:// URL'],
    ['a=https://h', 'http:// URL'],
    ['a=http://', 'valid URL'],
    ['a=http://h:99999', 'valid URL'],
    ['a=http://h:0', 'port from 1'],
    ['a=http://u:p@h:1', 'user or password'],
    ['a=http://h:1/api', 'without path'],
    ['a=http://h:1?', 'without path'],
    ['a=http://h:1/#x', 'without path'],
    ['a=http://h:1;0', 'weight'],
    ['a=http://h:1;', 'weight'],
    ['a=http://h:1;-1', 'weight'],
    ['a=http://h:1;1e2', 'weight'],
    ['a=http://h:1;1001', 'weight'],
    ['a=http://h:1;1;2', 'at most one'],
  ])('refuses %j and says why', (text, reason) => {
    expect(() => parseStaticReplica(text)).toThrow(RuntimeError);
    expect(() => parseStaticReplica(text)).toThrow(reason);
  });
});
