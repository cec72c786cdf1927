// One run of the program against servers that are no friends: what it says, and the exit code that scripts go by.
import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EXIT } from './failures.js';
import { run } from './run.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function hashflow(
  words: readonly string[],
  env: Record<string, string> = {},
  signal = new AbortController().signal,
) {
  let [out, err] = ['', ''];
  const code = await run(words, {
    env,
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    signal,
    now: () => 0,
  });
  return { code, out, err };
}

const json =
  (status: number, body: object): RequestListener =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };

describe('wrong usage ends with 2 and sends nothing', () => {
  it.each([
    [[], /Usage: hashflow/],
    [['ad'], /unknown command 'ad'/],
    [['status', 'x'], /too many arguments/],
    [['status', '--x'], /unknown option '--x'/],
    [['add', 'two'], /'two' is invalid for argument 'n'. It must be a whole number/],
    [['add', '-1'], /'-1' is invalid for argument 'n'/],
    [['rm'], /say how many to remove, or which/],
    [['weight', 'S1', 'heavy'], /It must be a number/],
    [['drain'], /missing required argument 'name'/],
    [['preview'], /say what would change/],
    [['preview', '--weight', 'S1'], /It must be NAME=WEIGHT/],
    [['route'], /give a key, or parts of a request/],
    [['route', 'k', '--part', 'ip=1'], /give a key, or parts of a request/],
    [['deploy', '--env', 'X'], /It must be NAME=VALUE/],
    [['deploy', '--env', 'X=1', '--unset', 'X'], /X cannot be both set and unset/],
    [['deploy', '--max-surge', 'two'], /It must be a whole number/],
    [['logs', 'S1', '-n', 'all'], /It must be a whole number/],
    [['status', '--url', 'nonsense'], /--url must be like/],
  ])('%j', async (words, message) => {
    let asked = 0;
    const url = await serve(() => asked++);
    const { code, err, out } = await hashflow([...words, ...(words.includes('--url') ? [] : ['--url', url])]);
    expect({ code, asked, out }).toEqual({ code: EXIT.usage, asked: 0, out: '' });
    expect(err).toMatch(message);
  });
});

it('names the settings when they give no address', async () => {
  const { code, err } = await hashflow(['status'], { ADMIN_PORT: 'abc' });
  expect(code).toBe(EXIT.usage);
  expect(err).toMatch(/ADMIN_HOST and ADMIN_PORT [^]*"http:\/\/127.0.0.1:abc"/);
});

describe('help', () => {
  it.each([
    'status',
    'watch',
    'events',
    'audit',
    'add',
    'rm',
    'preview',
    'route',
    'drain',
    'undrain',
    'restart',
    'weight',
    'deaths',
    'deploy',
    'logs',
  ])('of %s has examples and ends with 0', async (name) => {
    const { code, out } = await hashflow([name, '--help']);
    expect(code).toBe(EXIT.ok);
    expect(out).toMatch(new RegExp(`Usage: hashflow ${name}[^]*--json[^]*Examples:\\n  hashflow ${name}`));
  });

  it('tells the exit codes and where the token comes from', async () => {
    const { code, out } = await hashflow(['--help']);
    expect(code).toBe(EXIT.ok);
    expect(out).toMatch(/ADMIN_TOKEN[^]*Exit codes:/);
  });
});

describe('who cannot be reached', () => {
  it('ends with 3 and says where', async () => {
    const url = await serve(() => {});
    servers.pop()?.close();
    const { code, err } = await hashflow(['status', '--url', url]);
    expect(code).toBe(EXIT.unreachable);
    expect(err).toBe(`hashflow: no HashFlow answers at ${url}: the connection was refused\n`);
  });

  it.each<[string, RequestListener]>([
    ['a page', (_, response) => response.end('<html>')],
    ['an error page', (_, response) => response.writeHead(502).end('Bad Gateway')],
    ['a hang-up', (request) => request.socket.destroy()],
    [
      'half an answer',
      (_, response) => void response.writeHead(200, { 'content-length': 9 }).write('{', () => response.destroy()),
    ],
    [
      'a replica, through the data port',
      json(400, { message: "<Error> '/api/status' endpoint does not exist in server replicas", status: 'failure' }),
    ],
  ])('ends with 3 when what answers is no HashFlow: %s', async (_, answer) => {
    const url = await serve(answer);
    expect((await hashflow(['status', '--url', url])).code).toBe(EXIT.unreachable);
    expect((await hashflow(['watch', '--url', url])).code).toBe(EXIT.unreachable);
    expect((await hashflow(['add', '--url', url])).code).toBe(EXIT.unreachable);
  });
});

describe('what the balancer refuses', () => {
  it.each([
    [400, EXIT.failed],
    [404, EXIT.failed],
    [409, EXIT.failed],
    [503, EXIT.failed],
    [401, EXIT.denied],
    [403, EXIT.denied],
    [429, EXIT.denied],
  ])('with %i ends with %i, in the balancer’s own words', async (status, exit) => {
    const url = await serve(json(status, { message: 'because', status: 'failure' }));
    const ended = await hashflow(['add', '--url', url]);
    expect(ended).toMatchObject({ code: exit, out: '' });
    expect(ended.err.split('\n')[0]).toBe('hashflow: because');
    expect(ended.err.includes('ADMIN_TOKEN')).toBe(status === 401);
    const { err } = await hashflow(['add', '--json', '--url', url]);
    expect(JSON.parse(err)).toEqual({ error: 'because', status });
  });
});

describe('a call', () => {
  it('carries the token of the environment, and what was asked', async () => {
    const seen: unknown[] = [];
    const url = await serve((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += chunk));
      request.on('end', () => {
        seen.push([request.method, request.url, request.headers.authorization, JSON.parse(body || 'null')]);
        const listing = { message: { N: 1, replicas: ['a\u001b[2J'] }, status: 'successful' };
        json(200, request.url?.startsWith('/api') ? { state: 'drained', reason: null } : listing)(request, response);
      });
    });
    const env = { ADMIN_TOKEN: 'secret-of-sixteen', ADMIN_HOST: '127.0.0.1', ADMIN_PORT: new URL(url).port };
    const { out } = await hashflow(['add', '--name', 'a', '--name', 'b', '--wait'], env);
    expect(out).toBe('1 replicas: a?[2J\n');
    await hashflow(['rm', '2', '--url', url]);
    await hashflow(['--url', url, 'drain', 'Server 1/x', '--force']);
    expect(seen).toEqual([
      ['POST', '/add?wait=ready', 'Bearer secret-of-sixteen', { n: 2, hostnames: ['a', 'b'] }],
      ['DELETE', '/rm', undefined, { n: 2, hostnames: [] }],
      ['POST', '/api/replicas/Server%201%2Fx/drain', undefined, { force: true }],
    ]);
  });

  it('ends with 130 at Ctrl-C, even while the balancer waits', async () => {
    const interrupt = new AbortController();
    const url = await serve(() => interrupt.abort());
    expect((await hashflow(['add', '--wait', '--url', url], {}, interrupt.signal)).code).toBe(EXIT.interrupted);
  });
});

describe('deploy', () => {
  const view = (status: string, step: string, reason: string | null = null) => ({
    status,
    revision: 2,
    changes: ['env.LOG'],
    replicas: [{ name: 'S1', step, reason: null }],
    reason,
    startedAt: '2030-01-01T00:00:00.000Z',
    endedAt: status === 'rolling' ? null : '2030-01-01T00:00:01.000Z',
  });
  /** Cuts the first stream, ends with the second. */
  const rolling = (last: object, bodies: unknown[] = []) => {
    let streams = 0;
    return serve((request, response) => {
      if (request.method === 'POST') {
        let body = '';
        request.on('data', (chunk) => (body += chunk));
        request.on('end', () => {
          bodies.push(JSON.parse(body));
          json(200, view('rolling', 'waiting'))(request, response);
        });
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`event: progress\ndata: ${JSON.stringify(view('rolling', 'replacing'))}\n\n`, () => {
        if (streams++ === 0) response.destroy();
        else response.end(`event: end\ndata: ${JSON.stringify(last)}\n\n`);
      });
    });
  };

  it('is followed to its end, through a lost connection, telling each step once', async () => {
    const bodies: unknown[] = [];
    const url = await rolling(view('rolled-out', 'replaced'), bodies);
    const words = [
      'deploy',
      '--image',
      'web:2',
      '--env',
      'LOG=debug',
      '--unset',
      'OLD',
      '--min-ready',
      '0.5',
      '--url',
      url,
    ];
    const { code, out } = await hashflow([...words, '--', 'node', 'x.js', '--flag']);
    expect({ code, out }).toEqual({ code: EXIT.ok, out: 'S1: replacing\nrolling\nS1: replaced\nrolled-out\n' });
    const env = { LOG: 'debug', OLD: null };
    expect(bodies).toEqual([{ image: 'web:2', env, command: ['node', 'x.js', '--flag'], minReadyMs: 500 }]);
  });

  it('ends with 1 and the reason when it was taken back', async () => {
    const url = await rolling(view('rolled-back', 'restored', 'S1: it exited with code 1'));
    const { code, err } = await hashflow(['deploy', '--url', url]);
    expect(code).toBe(EXIT.failed);
    expect(err).toContain('the deploy was not done, it is rolled-back: S1: it exited with code 1');
  });

  it('goes on by itself when it is detached, or a dry run', async () => {
    const url = await serve(json(200, { ...view('planned', 'waiting'), startedAt: null }));
    expect(await hashflow(['deploy', '--dry-run', '--url', url])).toMatchObject({
      code: EXIT.ok,
      out: expect.stringContaining('planned, revision 2\nchanges: env.LOG'),
    });
    const other = await serve(json(200, view('rolling', 'waiting')));
    expect((await hashflow(['deploy', '--detach', '--url', other])).out).toContain('rolling, revision 2, since 2030');
    expect((await hashflow(['deploy', 'status', '--json', '--url', other])).out).toContain('"status":"rolling"');
  });
});

describe('events --follow', () => {
  it('goes on after a lost connection from where it was, and says so beside the output', async () => {
    const interrupt = new AbortController();
    const asked: unknown[] = [];
    const event = (n: number) =>
      `id: b-${n}\nevent: restart\ndata: {"id":"b-${n}","at":"2030-01-01T00:00:00.000Z","type":"restart","replica":"S${n}"}\n\n`;
    const url = await serve((request, response) => {
      if (request.url?.includes('format=json'))
        return json(200, { position: 'b-1', gap: null, events: [] })(request, response);
      asked.push(request.headers['last-event-id']);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('event: hello\ndata: {}\n\n');
      if (asked.length === 1) response.write(event(2), () => response.destroy());
      else
        response.write(`event: gap\nid: b-7\ndata: {"reason":"gone"}\n\n${event(8)}`, () =>
          setTimeout(() => interrupt.abort(), 50),
        );
    });
    const { code, out, err } = await hashflow(['events', '-f', '--json', '--url', url], {}, interrupt.signal);
    expect(code).toBe(EXIT.interrupted);
    expect(asked).toEqual(['b-1', 'b-2']);
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).replica),
    ).toEqual(['S2', 'S8']);
    expect(err).toMatch(/connection lost:[^]*events are missing: gone/);
  });
});
