import { describe, expect, it } from '@jest/globals';
import { hintOf, parseEngineEvent, sinceOf } from './engine-event.js';

const line = (action: string, attributes: object = {}) =>
  JSON.stringify({ Type: 'container', Action: action, Actor: { ID: 'c1', Attributes: attributes }, timeNano: 1 });

describe('an event of the engine', () => {
  it.each([
    ['die', {}, 'died'],
    ['start', {}, 'changed'],
    ['destroy', {}, 'changed'],
    ['pause', {}, 'changed'],
    ['rename', {}, 'changed'],
    ['kill', { signal: '15' }, 'stopping'],
    ['kill', { signal: '9' }, 'stopping'],
    ['kill', { signal: '2' }, 'stopping'],
    ['kill', { signal: '3' }, 'stopping'],
    ['kill', { signal: '6' }, 'stopping'],
    ['kill', { signal: '1' }, 'changed'],
    ['kill', { signal: '10' }, 'changed'],
    ['kill', { signal: '28' }, 'changed'],
    ['kill', { signal: '10', 'io.hashflow.stop-signal': '10' }, 'stopping'],
    ['kill', { signal: '15', 'io.hashflow.stop-signal': '10' }, 'stopping'],
    ['kill', { signal: '1', 'io.hashflow.stop-signal': '10' }, 'changed'],
    ['kill', {}, 'changed'],
  ])('%s %j is the hint "%s" (TRAPS 8)', (action, attributes, kind) => {
    expect(hintOf(parseEngineEvent(line(action, attributes))!)).toEqual({ kind, instanceId: 'c1' });
  });

  it.each([
    '',
    '{',
    'null',
    '[]',
    '"x"',
    '{"Action":"die"}',
    '{"Action":1,"Actor":{"ID":"x"}}',
    '{"Actor":{"ID":"x"}}',
  ])('is not read into %j (TRAPS 11)', (text) => {
    expect(parseEngineEvent(text)).toBeUndefined();
  });

  it('keeps its time to the nanosecond, which no number could (TRAPS 11)', () => {
    const event = parseEngineEvent(
      '{"Action":"die","Actor":{"ID":"c1"},"time":1700000000,"timeNano":1700000000123456789}',
    );
    expect(sinceOf(event!.timeNano!)).toBe('1700000000.123456789');
  });
});
