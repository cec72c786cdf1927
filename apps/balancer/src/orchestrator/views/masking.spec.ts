import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { maskedText, maskedValues, maskedWords } from './masking.js';

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
