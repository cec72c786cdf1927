import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { testDataMetrics } from '../testing/data-metrics.js';
import { testDataSettings } from '../testing/data-settings.js';
import { parseControlMessage, parseDataMessage, parseStrangeHello } from './data-messages.js';
import type { DataMessage } from './messages.js';

const classic = {
  type: 'classic',
  id: 1,
  request: {
    method: 'POST',
    path: '/add',
    search: '?wait=ready',
    peer: '127.0.0.1',
    headers: { host: 'x', forwarded: false },
    body: '{"n":1}',
  },
} as const;

const valid: DataMessage[] = [
  {
    type: 'hello',
    protocol: 1,
    pid: 12,
    epoch: 0,
    settings: testDataSettings(),
    address: { host: '127.0.0.1', port: 5000 },
    user: 'nobody',
  },
  { type: 'ack', epoch: 3, digest: 'ab' },
  {
    type: 'counters',
    id: 0,
    instances: [
      {
        id: 'c1',
        inFlight: 0,
        tunnels: 1,
        requests: 2,
        outcomes: { answered: 1, serverErrors: 0, refused: 1, reset: 0, timedOut: 0 },
      },
    ],
    keys: [2, 0],
  },
  { type: 'metrics', id: 3, metrics: testDataMetrics() },
  { type: 'quiet', instanceId: 'c1' },
  { type: 'outcome', instanceId: 'c1', outcome: 'connect_failed' },
  classic,
  {
    type: 'hot-keys',
    id: 4,
    list: {
      total: 10.5,
      spanMs: 1000,
      keys: [
        { hash: 0xffff_ffff, count: 4.25, error: 0, key: 'a' },
        { hash: 0, count: 1, error: 1 },
      ],
    },
  },
  { type: 'log', level: 'warn', message: 'a line' },
];

const metrics = (changes: object) => ({ type: 'metrics', id: 1, metrics: { ...testDataMetrics(), ...changes } });

describe('what control takes from the data process', () => {
  it.each(valid.map((message) => [message.type, message] as const))('is every %s of the language', (_type, message) => {
    expect(parseDataMessage(JSON.parse(JSON.stringify(message)))).toEqual(message);
  });

  it.each([
    ['an unknown type', { type: 'shutdown', deadlineMs: 0 }],
    ['a field too many', { type: 'quiet', instanceId: 'c1', force: true }],
    ['a field too few', { type: 'quiet' }],
    ['a count below zero', { type: 'ack', epoch: -1, digest: '' }],
    ['a count that is none', { type: 'ack', epoch: 1.5, digest: '' }],
    ['an unsafe number', { type: 'ack', epoch: 2 ** 53, digest: '' }],
    ['an endless name', { type: 'quiet', instanceId: 'x'.repeat(257) }],
    ['an outcome of its own', { type: 'outcome', instanceId: 'c1', outcome: 'ready' }],
    ['a label of its own', metrics({ requests: [{ method: 'x"} 1', status: '2xx', cause: '', count: 1 }] })],
    ['a histogram of another shape', metrics({ durations: [{ status: '2xx', buckets: [1], sum: 1 }] })],
    ['a count that is no number', metrics({ userCpu: null })],
    ['another route', { ...classic, request: { ...classic.request, path: '/api/replicas' } }],
    ['another method on a route', { ...classic, request: { ...classic.request, method: 'GET' } }],
    ['a body beyond the bound', { ...classic, request: { ...classic.request, body: 'x'.repeat(64 * 1024 + 1) } }],
    ['a search that is none', { ...classic, request: { ...classic.request, search: 'x' } }],
    ['null', null],
    ['a list', []],
    ['nothing', undefined],
  ])('is never %s', (_what, value) => {
    expect(parseDataMessage(value)).toBeUndefined();
  });

  it('is undefined, and no exception, for anything', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(parseDataMessage(value)).toBeUndefined();
      }),
    );
  });

  it('includes the hello of another version, so that it can be told to leave', () => {
    expect(parseStrangeHello({ type: 'hello', protocol: 99, news: true })).toMatchObject({ protocol: 99 });
    expect(parseStrangeHello({ type: 'hello' })).toBeUndefined();
  });
});

describe('what the data process takes from control', () => {
  it('is only what it knows', () => {
    expect(parseControlMessage({ type: 'query', id: 1 })).toEqual({ type: 'query', id: 1 });
    for (const value of [{ type: 'exec' }, null, 'query', 1, []]) expect(parseControlMessage(value)).toBeUndefined();
  });
});
