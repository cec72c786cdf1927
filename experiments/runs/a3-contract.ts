// Owns the list of A-3: every endpoint and the errors that a client can provoke, in an order in which each finds what it needs.
import { call } from '../system/call.ts';
import type { Pool } from '../system/pool.ts';

export interface ContractRow {
  readonly port: 'data' | 'admin';
  readonly request: string;
  readonly expected: number;
  /** 0: no answer that could be read. */
  readonly status: number;
  /** The answer's message, or what else came. */
  readonly answer: string;
  readonly asExpected: boolean;
}

interface Step {
  readonly port: 'data' | 'admin';
  readonly method: string;
  readonly path: string;
  /** An object is sent as JSON. */
  readonly body?: object | string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
  /** What the answer must hold besides. */
  readonly holds?: string | RegExp;
  /** Shown instead of method, path and body. */
  readonly as?: string;
}

const LONG = '<Error> Length of hostname list is more than';
const on = (port: Step['port'], status: number, method: string, path: string, rest: Partial<Step> = {}): Step => ({
  port,
  status,
  method,
  path,
  ...rest,
});
const add = (status: number, body: object | string, holds: Step['holds'], rest: Partial<Step> = {}) =>
  on('data', status, 'POST', '/add', { body, holds, ...rest });
const rm = (status: number, body: object | string, holds: Step['holds']) =>
  on('data', status, 'DELETE', '/rm', { body, holds });
const listed = (...names: string[]) => JSON.stringify({ N: names.length, replicas: names });
const THREE = ['Server 1', 'Server 2', 'Server 3'];

const STEPS: readonly Step[] = [
  on('data', 200, 'GET', '/rep', { holds: listed(...THREE) }),
  on('data', 200, 'GET', '/home', { holds: /Hello from Server: Server \d/ }),
  on('data', 200, 'GET', '/heartbeat', { holds: /^$/ }),
  on('data', 400, 'GET', '/other', { holds: "<Error> '/other' endpoint does not exist in server replicas" }),

  add(400, { n: 1, hostnames: ['S4', 'S5'] }, `${LONG} newly added instances`),
  add(400, { n: 0 }, 'n must be'),
  add(400, { n: '2' }, 'n must be'),
  add(400, {}, 'n is missing'),
  add(400, { n: 1000 }, 'n'),
  add(400, { n: 1, hostnames: ['Server 1'] }, 'Server 1'),
  add(400, { n: 2, hostnames: ['S4', 'S4'] }, 'S4'),
  add(400, { n: 1, hostnames: ['../S4'] }, 'hostnames'),
  add(400, { n: 1, count: 1 }, 'count'),
  add(400, '{"n":', 'JSON', { as: 'POST /add, broken JSON' }),
  add(415, '{"n":1}', 'content-type', { headers: { 'content-type': 'text/plain' }, as: 'POST /add as text/plain' }),
  add(200, { n: 2, hostnames: ['S5'] }, listed(...THREE, 'S5', 'Server 4')),

  rm(400, { n: 1, hostnames: ['S5', 'Server 4'] }, `${LONG} removable instances`),
  rm(400, { n: 1, hostnames: ['S9'] }, 'S9'),
  rm(400, { n: 9 }, 'n'),
  rm(200, { n: 2, hostnames: ['S5'] }, listed(...THREE)),

  on('admin', 200, 'GET', '/rep', { holds: listed(...THREE) }),
  on('admin', 200, 'POST', '/add?wait=ready', { body: { n: 1 }, holds: listed(...THREE, 'Server 4') }),
  on('admin', 200, 'DELETE', '/rm?wait=gone', { body: { n: 1 }, holds: listed(...THREE) }),
  on('admin', 200, 'GET', '/api/replicas', { holds: '"name":"Server 1"' }),
  on('admin', 200, 'GET', '/api/replicas/Server%201', { holds: '"state":"ready"' }),
  on('admin', 404, 'GET', '/api/replicas/Server%209', { holds: 'does not exist' }),
  on('admin', 200, 'GET', '/api/status', { holds: '"ready":3' }),
  on('admin', 200, 'GET', '/healthz'),
  on('admin', 200, 'GET', '/readyz'),
  on('admin', 200, 'GET', '/docs/json', { holds: '"openapi"' }),
  on('admin', 404, 'GET', '/nowhere'),

  on('data', 431, 'GET', '/home', { headers: { 'x-long': 'x'.repeat(20_000) }, as: 'GET /home, head of 20 kB' }),
  on('data', 417, 'GET', '/home', { headers: { expect: 'more' }, as: 'GET /home, Expect: more' }),
  on('admin', 200, 'DELETE', '/rm?wait=gone', { body: { n: 3 }, holds: listed() }),
  on('data', 503, 'GET', '/home', { holds: 'No replica is ready' }),
  on('admin', 503, 'GET', '/readyz'),
  on('admin', 200, 'POST', '/add?wait=ready', { body: { n: 3 }, holds: listed(...THREE) }),
];

export const CONTRACT_STEPS = STEPS.length;

export async function walkContract(pool: Pool, onAnswer: () => void): Promise<ContractRow[]> {
  const rows: ContractRow[] = [];
  for (const step of STEPS) {
    const { method, path, body, headers, port, status: expected, holds = '' } = step;
    const url = (port === 'data' ? pool.dataUrl : pool.adminUrl) + path;
    const { status, text } = await call(url, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      body: typeof body === 'object' ? JSON.stringify(body) : body,
    }).catch((error: Error) => ({ status: 0, text: error.message }));
    const fits = typeof holds === 'string' ? readable(text).includes(holds) || text.includes(holds) : holds.test(text);
    rows.push({
      port,
      request: step.as ?? [method, path, typeof body === 'object' ? JSON.stringify(body) : ''].join(' ').trim(),
      expected,
      status,
      answer: shortened(readable(text)),
      asExpected: status === expected && fits,
    });
    onAnswer();
  }
  return rows;
}

/** The message where there is one, in words or as JSON. */
function readable(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (message === undefined) return text;
    return typeof message === 'string' ? message : JSON.stringify(message);
  } catch {
    return text;
  }
}

function shortened(text: string): string {
  return text.length > 110 ? `${text.slice(0, 107)}...` : text;
}
