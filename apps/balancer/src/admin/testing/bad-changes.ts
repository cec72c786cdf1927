// Owns the list of ways to ask wrongly for replicas, told by the unit suite and over the wire alike. For a pool that holds
// "Server 1" to "Server 3" and may hold 64.

export interface BadChange {
  readonly what: string;
  readonly route: '/add' | '/rm';
  readonly search?: string;
  /** Absent: application/json. null: none at all. */
  readonly contentType?: string | null;
  readonly body: string;
  readonly status: 400 | 413 | 415;
  /** What the message has to contain: the field and the value. */
  readonly says: readonly string[];
}

type Row = [what: string, body: string, says: readonly string[], more?: Partial<BadChange>];

const N_RULE = 'n must be a whole number of at least 1';

/** Wrong on either route. */
const onBoth: readonly Row[] = [
  // n
  ['no n', '{}', ['n is missing']],
  ['n as text', '{"n":"3"}', [N_RULE, '"3"']],
  ['n as a fraction', '{"n":3.5}', [N_RULE, '3.5']],
  ['n as null', '{"n":null}', [N_RULE, 'null']],
  ['n as a boolean', '{"n":true}', [N_RULE, 'true']],
  ['n as an array', '{"n":[3]}', [N_RULE, '[3]']],
  ['n as an object', '{"n":{"value":3}}', [N_RULE, '{"value":3}']],
  ['n of zero', '{"n":0}', [N_RULE, '0']],
  ['n of minus zero', '{"n":-0}', [N_RULE, '0']],
  ['n below zero', '{"n":-1}', [N_RULE, '-1']],
  ['n beyond all numbers', '{"n":1e400}', [N_RULE, 'Infinity']],
  ['n beyond all numbers, downward', '{"n":-1e400}', [N_RULE, '-Infinity']],
  ['n too small to be told from zero', '{"n":1e-400}', [N_RULE, '0']],
  ['n beyond exact integers', '{"n":9007199254740993}', ['n must', '9007199254740992']],
  ['n of twenty digits', '{"n":12345678901234567890}', ['n must', '12345678901234567000']],
  ['n of 1000', '{"n":1e3}', ['n must', '1000']],
  // hostnames
  ['hostnames as text', '{"n":1,"hostnames":"S4"}', ['hostnames must be an array', '"S4"']],
  ['hostnames as null', '{"n":1,"hostnames":null}', ['hostnames must be an array', 'null']],
  ['hostnames as an object', '{"n":1,"hostnames":{"0":"S4","length":1}}', ['hostnames must be an array', '{"0":"S4"']],
  ['a number among hostnames', '{"n":2,"hostnames":["S4",5]}', ['hostnames[1]', '5']],
  ['null among hostnames', '{"n":1,"hostnames":[null]}', ['hostnames[0]', 'null']],
  ['an array among hostnames', '{"n":1,"hostnames":[["S4"]]}', ['hostnames[0]', '["S4"]']],
  ['an object among hostnames', '{"n":1,"hostnames":[{}]}', ['hostnames[0]', '{}']],
  ['an object that poses as a class', '{"n":1,"hostnames":[{"constructor":1}]}', ['property called constructor']],
  ['an empty hostname', '{"n":1,"hostnames":[""]}', ['hostnames', '""']],
  ['a hostname of 64 characters', `{"n":1,"hostnames":["${'x'.repeat(64)}"]}`, ['hostnames', '"xxxxxxxx']],
  ['a hostname that begins with a dash', '{"n":1,"hostnames":["-rf"]}', ['hostnames', '"-rf"']],
  ['a hostname that begins with a space', '{"n":1,"hostnames":[" S4"]}', ['hostnames', '" S4"']],
  [
    'a hostname with a line break',
    String.raw`{"n":1,"hostnames":["S4\nX-Evil: 1"]}`,
    ['hostnames', String.raw`S4\nX-Evil`],
  ],
  ['a hostname with a zero byte', String.raw`{"n":1,"hostnames":["S\u00004"]}`, ['hostnames', String.raw`S\u00004`]],
  ['a hostname with a slash', '{"n":1,"hostnames":["../../etc"]}', ['hostnames', '"../../etc"']],
  ['a hostname for a shell', '{"n":1,"hostnames":["$(reboot)"]}', ['hostnames', '"$(reboot)"']],
  ['a hostname with markup', '{"n":1,"hostnames":["<script>"]}', ['hostnames', '<script>']],
  ['a hostname with an umlaut', '{"n":1,"hostnames":["Säge"]}', ['hostnames', String.raw`S\u00e4ge`]],
  ['a hostname of half a character', String.raw`{"n":1,"hostnames":["S\ud83d"]}`, ['hostnames', String.raw`S\ud83d`]],
  // properties
  ['an unknown property', '{"n":1,"count":1}', ['unknown property "count"', '1']],
  ['a property in the wrong case', '{"N":1}', ['unknown property "N"', '1']],
  ['__proto__ as a property', '{"n":1,"__proto__":{"n":2}}', ['unknown property "__proto__"', '{"n":2}']],
  ['constructor as a property', '{"n":1,"constructor":1}', ['unknown property "constructor"', '1']],
  ['toString as a property', '{"n":1,"toString":1}', ['unknown property "toString"', '1']],
  ['the value in __proto__ alone', '{"__proto__":{"n":1}}', ['unknown property "__proto__"']],
  ['n twice', '{"n":1,"n":2}', ['"n" stands more than once']],
  ['n twice, once in disguise', String.raw`{"n":1,"\u006e":2}`, ['"n" stands more than once']],
  // bodies
  ['an empty body', '', ['not valid JSON', '""']],
  ['an empty body without a type', '', ['n is missing'], { contentType: null }],
  ['half an object', '{"n":1', ['not valid JSON', String.raw`{\"n\":1`]],
  ['a form', 'n=1', ['not valid JSON', '"n=1"']],
  ['an object with a comment', '{"n":1}//', ['not valid JSON']],
  ['two objects', '{"n":1}{"n":1}', ['not valid JSON']],
  ['an array', '[{"n":1}]', ['must be a JSON object', '[{"n":1}]']],
  ['a bare number', '1', ['must be a JSON object', '1']],
  ['null', 'null', ['must be a JSON object', 'null']],
  ['text', '"n"', ['must be a JSON object', '"n"']],
  ['a bottomless array', `{"n":1,"hostnames":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, ['levels deep']],
  ['a byte order mark', '\ufeff{"n":1}', ['not valid JSON']],
  ['a body above 64 KiB', `{"n":1,"hostnames":["${'x'.repeat(70_000)}"]}`, ['body'], { status: 413 }],
  // types
  ['no content type', '{"n":1}', ['content-type', 'missing'], { contentType: null, status: 415 }],
  [
    'the type of a form',
    '{"n":1}',
    ['content-type', '"application/x-www-form-urlencoded"'],
    { contentType: 'application/x-www-form-urlencoded', status: 415 },
  ],
  [
    'plain text, as a foreign page could send',
    '{"n":1}',
    ['content-type', '"text/plain"'],
    { contentType: 'text/plain', status: 415 },
  ],
  [
    'a type that only begins like JSON',
    '{"n":1}',
    ['content-type', 'application/jsonp'],
    { contentType: 'application/jsonp', status: 415 },
  ],
  [
    'another charset',
    '{"n":1}',
    ['content-type', 'utf-16'],
    { contentType: 'application/json; charset=utf-16', status: 415 },
  ],
  // the query
  ['an unknown query parameter', '{"n":1}', ['query parameter "force"'], { search: '?force=1' }],
  ['wait for something else', '{"n":1}', ['wait', '"forever"'], { search: '?wait=forever' }],
  ['wait without a value', '{"n":1}', ['wait', '""'], { search: '?wait' }],
];

const onAdd: readonly Row[] = [
  [
    'more hostnames than n',
    '{"n":1,"hostnames":["a","b"]}',
    ['<Error> Length of hostname list is more than newly added instances'],
  ],
  ['a name that is there already', '{"n":2,"hostnames":["new","Server 2"]}', ['hostnames', '"Server 2"']],
  ['a name twice', '{"n":2,"hostnames":["new","new"]}', ['hostnames', '"new"']],
  ['one more than MAX_REPLICAS leaves room for', '{"n":62}', ['n', '62', 'MAX_REPLICAS']],
  ['what only /rm waits for', '{"n":1}', ['wait', '"gone"'], { search: '?wait=gone' }],
  ['wait twice', '{"n":1}', ['wait', 'more than once'], { search: '?wait=ready&wait=ready' }],
];

const onRm: readonly Row[] = [
  [
    'more hostnames than n',
    '{"n":1,"hostnames":["Server 1","Server 2"]}',
    ['<Error> Length of hostname list is more than removable instances'],
  ],
  ['a name that is not there', '{"n":2,"hostnames":["Server 1","Server 9"]}', ['hostnames', '"Server 9"']],
  ['a name twice', '{"n":2,"hostnames":["Server 1","Server 1"]}', ['hostnames', '"Server 1"']],
  ['a name in the wrong case', '{"n":1,"hostnames":["server 1"]}', ['hostnames', '"server 1"']],
  ['more than there are', '{"n":4}', ['n', '4', '3']],
  ['what only /add waits for', '{"n":1}', ['wait', '"ready"'], { search: '?wait=ready' }],
];

function toChange(route: '/add' | '/rm') {
  return ([what, body, says, more]: Row): BadChange => ({ what, route, body, says, status: 400, ...more });
}

export const badChanges: readonly BadChange[] = [
  ...[...onBoth, ...onAdd].map(toChange('/add')),
  ...[...onBoth, ...onRm].map(toChange('/rm')),
];
