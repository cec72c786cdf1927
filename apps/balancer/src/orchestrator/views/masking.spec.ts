import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { maskedJson, maskedText, maskedValues, maskedWords } from './masking.js';

describe('a secret is not shown', () => {
  it.each([
    'DB_PASSWORD',
    'db_passwd',
    'PASSPHRASE',
    'PGPASS',
    'MYSQL_PWD',
    'APP_SECRET',
    'GITHUB_TOKEN',
    'apiKey',
    'AWS_ACCESS_KEY_ID',
    'CREDENTIALS',
    'BASIC_AUTH',
    'SENTRY_DSN',
    'PRIVATE_PEM',
  ])('under the name %s', (name) => {
    expect(maskedValues({ [name]: 'hunter2' })).toEqual({ [name]: '***' });
  });

  it.each([
    ['postgres://app:hunter2@db:5432/shop', 'postgres://***@db:5432/shop'],
    ['redis://:hunter2@cache', 'redis://***@cache'],
    ['amqp://u:hun/ter2@a,amqp://u:hunter2@b', 'amqp://***@b'],
    ['host=db user=app password=hunter2 port=1', 'host=db user=app password=*** port=1'],
    ["dbname=x password='hunter 2'", 'dbname=x password=***'],
    ['https://api/?api_key=hunter2&page=1', 'https://api/?api_key=***&page=1'],
    ['{"client_secret": "hunter 2", "a": 1}', '{"client_secret": ***, "a": 1}'],
    ['exec app --db-password hunter2 -v', 'exec app --db-password *** -v'],
    ["app --token 'hunter 2'", 'app --token ***'],
    ['{"password":"a\\"hunter2"}', '{"password":***}'],
    ['env must be texts, not {"DB_PASSWORD":"hunter2…', 'env must be texts, not {"DB_PASSWORD":***'],
    ['no valid JSON: "{\\"password\\":\\"hunter2\\",\\"n\\":', 'no valid JSON: "{\\"password\\":***,\\"n\\":'],
    [
      'unknown property "password" with the value "hunter2"; only n is read',
      'unknown property "password" with the value ***; only n is read',
    ],
    ['token must be a text, not {"a":"hunter2; or not"}', 'token must be a text, not ***'],
    ['env.DB_PASSWORD must be a text or null, not 12345', 'env.DB_PASSWORD must be a text or null, not ***'],
  ])('inside %s', (text, expected) => {
    expect(maskedValues({ URL: text })).toEqual({ URL: expected });
  });

  it.each([
    [
      ['run', '--password', 'hunter2', '--port', '80'],
      ['run', '--password', '***', '--port', '80'],
    ],
    [
      ['run', '--db-password=hunter2'],
      ['run', '--db-password=***'],
    ],
    [
      ['sh', '-c', 'TOKEN=hunter2 exec app'],
      ['sh', '-c', 'TOKEN=*** exec app'],
    ],
  ])('in the words of %j', (words, expected) => {
    expect(maskedWords(words)).toEqual(expected);
  });

  it('whatever it is: no value under a secret name comes through', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 4 }), fc.constantFrom('A_TOKEN', 'x-password', 'Key'), (value, name) => {
        expect(Object.values(maskedValues({ [name]: value }))).toEqual(['***']);
      }),
    );
  });
});

describe('what is no secret is shown as it is', () => {
  it.each(['3000', 'info', 'http://db:5432/shop', 'Author of the page', 'a=b c=d', ''])('%j', (text) => {
    expect(maskedText(text)).toBe(text);
    expect(maskedValues({ PLAIN: text, AUTHOR: text })).toEqual({ PLAIN: text, AUTHOR: text });
  });

  it('an empty secret is seen to be empty', () => {
    expect(maskedValues({ PASSWORD: '' })).toEqual({ PASSWORD: '' });
  });
});

describe('masking what somebody sent', () => {
  /** Milliseconds of processor time, the least of some runs: how busy the machine is says nothing. */
  const timeOf = (text: string) =>
    Math.min(
      ...Array.from({ length: 3 }, () => {
        const began = process.threadCpuUsage();
        maskedText(text);
        maskedWords([`--${text}`]);
        return process.threadCpuUsage(began).user / 1000;
      }),
    );

  it.each([
    'x',
    'pass',
    'token ',
    'a://',
    'key="',
    "key='x",
    'a://b@',
    'auth\\"',
    'key="\\',
    ' --key ',
    'key, not ',
    'salt with the value ',
  ])('takes ten times as long for ten times as much of %j, not a hundred times', (word) => {
    const [short, long] = [6_000, 60_000].map((length) => word.repeat(Math.ceil(length / word.length)));
    // A few milliseconds say little.
    expect(timeOf(long ?? '')).toBeLessThan(40 * Math.max(timeOf(short ?? ''), 10));
  });

  it('hides secrets anywhere in a JSON value, and looks no deeper than settings nest', () => {
    const deep = JSON.parse(`${'['.repeat(50)}"password=x"${']'.repeat(50)}`) as unknown;
    expect(JSON.stringify(maskedJson(deep))).not.toContain('=x');
    expect(maskedJson({ a: [{ token: 'x', n: 1 }], password: null, secret: true, list: ['--key', 'x'] })).toEqual({
      a: [{ token: '***', n: 1 }],
      password: null,
      secret: true,
      list: ['--key', '***'],
    });
  });
});
