// What counts as one JSON object, and what is refused although JSON.parse would take it.
import fc from 'fast-check';
import { RequestError } from './failure.js';
import { parseJsonObject } from './json-object.js';

it.each([
  ['an ordinary object', '{"n":4,"hostnames":["a"]}', { n: 4, hostnames: ['a'] }],
  ['white space around everything', ' \r\n\t{ "n" : 4 }\n ', { n: 4 }],
  ['an empty object', '{}', {}],
  ['a key that also stands deeper down', '{"a":{"n":1},"n":2}', { a: { n: 1 }, n: 2 }],
  ['a value that equals a key', '{"a":"n","n":"a"}', { a: 'n', n: 'a' }],
  ['strings full of brackets and quotes', String.raw`{"a":"[[[[[[[[[[\"{:","b":"\\"}`, { a: '[[[[[[[[[["{:', b: '\\' }],
  ['eight levels', '{"a":[[[[[[[1]]]]]]]}', { a: [[[[[[[1]]]]]]] }],
])('%s is read', (_what, text, value) => expect(parseJsonObject(text)).toEqual(value));

it.each([
  ['nothing', ''],
  ['half an object', '{"n":4'],
  ['a trailing comma', '{"n":4,}'],
  ['single quotes', "{'n':4}"],
  ['a comment', '{"n":4}//'],
  ['two objects', '{"n":4}{"n":4}'],
  ['NaN', '{"n":NaN}'],
  ['a byte order mark', '\ufeff{"n":4}'],
  ['an array', '[4]'],
  ['null', 'null'],
  ['a number', '4'],
  ['a string', '"n"'],
  ['a repeated key', '{"n":4,"n":1}'],
  ['a repeated key behind white space', '{"n" :4, "n"\n:1}'],
  ['a key repeated in disguise', String.raw`{"n":4,"\u006e":1}`],
  ['a key repeated further in', '{"weights":{"a":1,"b":2,"a":3}}'],
  ['nine levels', '{"a":[[[[[[[[1]]]]]]]]}'],
  ['30,000 levels', `{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`],
  ['30,000 levels that never close', '['.repeat(30_000)],
])('%s is refused with 400', (_what, text) => {
  expect(() => parseJsonObject(text)).toThrow(expect.objectContaining({ status: 400 }));
});

it('reads every object of moderate depth as JSON.parse does', () => {
  const value = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }));
  fc.assert(
    fc.property(value, (object) =>
      expect(parseJsonObject(JSON.stringify(object))).toEqual(JSON.parse(JSON.stringify(object))),
    ),
  );
});

it('throws nothing but a RequestError, whatever the text', () => {
  const text = fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', 'n', '1', ' ') });
  fc.assert(
    fc.property(text, (garbage) => {
      try {
        parseJsonObject(garbage);
      } catch (error) {
        expect(error).toBeInstanceOf(RequestError);
      }
    }),
  );
});
