// Owns the list of ways to ask wrongly for a deploy, told by the unit suite and over the wire alike. For a pool of containers.

export interface BadDeploy {
  readonly what: string;
  readonly body: string;
  readonly search?: string;
  /** Absent: application/json. */
  readonly contentType?: string;
  readonly status: 400 | 413 | 415;
  /** What the message has to contain: the field and the value. */
  readonly says: readonly string[];
}

type Row = [what: string, body: string, says: readonly string[], more?: Partial<BadDeploy>];

const rows: readonly Row[] = [
  ['an image that is a number', '{"image":5}', ['image must be an image reference', '5']],
  ['an image that is null', '{"image":null}', ['image', 'null']],
  ['an empty image', '{"image":""}', ['image', '""']],
  ['an image with a space', '{"image":"a b"}', ['image', '"a b"']],
  ['an image that cannot be had', '{"image":"no-such-image:1"}', ['image', 'no-such-image:1'], {}],
  ['a pull policy that there is not', '{"pull":"daily"}', ['pull must be one of always, missing, never', '"daily"']],
  ['a command as text', '{"command":"serve"}', ['command must be an array of words', '"serve"']],
  ['a number in the command', '{"command":["a",1]}', ['command must be an array of words', '["a",1]']],
  ['an empty command', '{"command":[]}', ['command must name a program']],
  ['a command that begins with nothing', '{"command":["","x"]}', ['command must name a program']],
  ['a zero byte in the command', String.raw`{"command":["a\u0000"]}`, ['command[0]', 'zero byte']],
  ['env as a list', '{"env":["A=1"]}', ['env must be an object of texts by name', '["A=1"]']],
  ['env as null', '{"env":null}', ['env must be an object', 'null']],
  ['env as text', '{"env":"A=1"}', ['env must be an object', '"A=1"']],
  ['a number in env', '{"env":{"A":1}}', ['env has "A"', '1']],
  ['an object in env', '{"env":{"A":{}}}', ['env has "A"', '{}']],
  ['a variable without a name', '{"env":{"":"1"}}', ['env has ""', 'no name of a variable']],
  ['a variable with an equals sign', '{"env":{"A=B":"1"}}', ['env has "A=B"', 'no name of a variable']],
  ['the port as a variable', '{"env":{"PORT":"1"}}', ['env has "PORT"', 'balancer']],
  ['the name as a variable', '{"env":{"SERVER_ID":null}}', ['env has "SERVER_ID"', 'balancer']],
  ['a zero byte in a variable', String.raw`{"env":{"A":"\u0000"}}`, ['env.A', 'zero byte']],
  ['a port of zero', '{"port":0}', ['port must be a whole number from 1 to 65535', '0']],
  ['a port as text', '{"port":"80"}', ['port', '"80"']],
  ['a port above all', '{"port":65536}', ['port', '65536']],
  ['a health path without a slash', '{"healthPath":"up"}', ['healthPath must be a path that starts with /', '"up"']],
  ['a health path with a line break', String.raw`{"healthPath":"/\r\nX: y"}`, ['healthPath']],
  ['a stop grace below zero', '{"stopGraceMs":-1}', ['stopGraceMs', '-1']],
  [
    'a stop grace with a unit',
    '{"stopGraceMs":"10s"}',
    ['stopGraceMs must be a whole number of milliseconds', '"10s"'],
  ],
  ['a stop grace of two hours', '{"stopGraceMs":7200000}', ['stopGraceMs', '7200000']],
  ['a surge of zero', '{"env":{"A":"1"},"maxSurge":0}', ['maxSurge', '0']],
  ['a surge of a half', '{"maxSurge":0.5}', ['maxSurge', '0.5']],
  ['a surge above MAX_REPLICAS', '{"env":{"A":"1"},"maxSurge":65}', ['maxSurge', 'MAX_REPLICAS', '65']],
  ['a surge in per cent', '{"maxSurge":"25%"}', ['maxSurge', '"25%"']],
  ['a time to be ready below zero', '{"minReadyMs":-5}', ['minReadyMs', '-5']],
  ['a dry run as text', '{"dryRun":"yes"}', ['dryRun must be true or false', '"yes"']],
  ['an unknown property', '{"tag":"5"}', ['unknown property "tag"', '"5"']],
  ['__proto__ as a property', '{"__proto__":{"image":"x"}}', ['unknown property "__proto__"']],
  ['image twice', '{"image":"a","image":"b"}', ['"image" stands more than once']],
  ['half an object', '{"image":"a"', ['not valid JSON']],
  ['an array', '[]', ['must be a JSON object']],
  ['a form', 'image=a', ['not valid JSON', '"image=a"']],
  ['plain text, as a foreign page could send', '{}', ['content-type'], { contentType: 'text/plain', status: 415 }],
  ['a body above 64 KiB', `{"image":"${'x'.repeat(70_000)}"}`, ['body'], { status: 413 }],
  ['an unknown query parameter', '{}', ['query parameter "force"'], { search: '?force=1' }],
  ['a wait for something else', '{}', ['wait', '"ready"'], { search: '?wait=ready' }],
];

export const badDeploys: readonly BadDeploy[] = rows.map(([what, body, says, more]) => ({
  what,
  body,
  says,
  status: 400,
  ...more,
}));
