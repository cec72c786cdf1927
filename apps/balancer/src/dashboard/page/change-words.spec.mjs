// What stands in the audit log, in words: each call that the balancer knows has some, and none is lost.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { resultMark, whoAsked, wishOf } from './change-words.js';
import { dayAndTime } from './format.js';

const LIFE = '/api/replicas/Server%201';

describe('the words of a change', () => {
  it.each([
    ['POST', '/add', { n: 1 }, 'Add 1 replica'],
    ['POST', '/add?wait=ready', { n: 2, hostnames: ['blue', 'green'] }, 'Add 2 replicas: blue, green'],
    ['POST', '/add', { n: 'x', hostnames: [1, 'a'] }, 'Add replicas: a'],
    ['POST', '/add', null, 'Add replicas'],
    ['POST', '/add', '{"n":', 'Add replicas'],
    ['DELETE', '/rm', { n: 1, hostnames: ['blue'] }, 'Remove 1 replica: blue'],
    ['POST', `${LIFE}/drain`, {}, 'Drain Server 1'],
    ['POST', `${LIFE}/drain`, { force: true }, 'Drain Server 1, even if no other serves'],
    ['POST', `${LIFE}/undrain`, null, 'Put Server 1 back into service'],
    ['POST', `${LIFE}/restart`, null, 'Give Server 1 a new instance'],
    ['POST', `${LIFE}/weight`, { weight: 0.5 }, 'Give Server 1 the weight 0.5'],
    ['POST', `${LIFE}/weight`, {}, 'Give Server 1 another weight'],
    ['POST', '/api/replicas/100%/drain', {}, 'Drain 100%'],
    [
      'POST',
      '/api/deploy',
      { image: 'shop:2', env: { LOG: '1', X: null } },
      'Deploy: image shop:2; environment LOG, X',
    ],
    ['POST', '/api/deploy', { command: ['a'], dryRun: true }, 'Check a deploy: another command'],
    ['POST', '/api/deploy', {}, 'Deploy'],
    ['DELETE', '/api/deploy', null, 'Take the deploy back'],
    ['POST', '/api/deploy/rollback', null, 'Deploy what ran before'],
    ['POST', '/api/session', { token: '***' }, 'Log in'],
    ['DELETE', '/api/session', null, 'Log out'],
    ['PATCH', '/api/later?x=1', {}, 'PATCH /api/later?x=1'],
    ['POST', `${LIFE}/promote`, null, `POST ${LIFE}/promote`],
    ['DELETE', `${LIFE}/drain`, null, `DELETE ${LIFE}/drain`],
  ])('%s %s %j: %4$s', (method, path, body, words) => expect(wishOf({ method, path, body })).toBe(words));

  it('say who asked: from where, with what, and on which port', () => {
    const who = (by, port = 'admin') => whoAsked({ peer: '192.0.2.7', by, port });
    expect(who('address')).toBe('192.0.2.7');
    expect(who('session')).toBe('192.0.2.7, logged in');
    expect(who('token', 'data')).toBe('192.0.2.7, with the token, on the data port');
  });

  it('say what came of it, whatever that was, and not by colour alone', () => {
    const source = readFileSync(join(import.meta.dirname, '../../orchestrator/events/audit-trail.ts'), 'utf8');
    const results = /result: z\.enum\(\[(.*)\]\)/.exec(source)[1].match(/[a-z-]+/g);
    expect(results.length).toBeGreaterThan(5);
    const texts = results.map((result) => resultMark({ result }).text);
    expect(new Set(texts).size).toBe(results.length);
    for (const text of texts) expect(text).toMatch(/^\S [a-z ]{4,}$/);
    expect(resultMark({ result: 'postponed' })).toEqual({ tone: 'still', text: 'postponed' });
  });
});

it('the day stands beside the time where it is another one', () => {
  const at = new Date(2030, 0, 5, 9, 30, 0);
  expect(dayAndTime(at.toISOString(), new Date(2030, 0, 5, 23, 0, 0).getTime())).toBe('09:30:00');
  expect(dayAndTime(at.toISOString(), new Date(2030, 0, 6, 0, 0, 1).getTime())).toBe('5 Jan 09:30:00');
});
