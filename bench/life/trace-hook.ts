// Owns the moments of a crash inside a balancer, for `npm run bench:life -- --phases`: loaded into it with --import, it wraps what
// the loop calls and hears, and writes down when. The balancer itself knows nothing of it; reading it is phases.ts's.
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Moment } from './phases.ts';

/** Where to write; set by whoever reads it. */
const FILE = process.env.LIFE_TRACE ?? '';
const FLUSH_MS = 500;
const lines: string[] = [];

function note(what: string, subject: string): void {
  const moment: Moment = { at: performance.timeOrigin + performance.now(), what, subject };
  // Written later: nothing that is measured waits for the disk.
  if (lines.push(JSON.stringify(moment)) > 1) return;
  setTimeout(() => appendFileSync(FILE, `${lines.splice(0).join('\n')}\n`), FLUSH_MS).unref();
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** @param subject of a call, from its arguments; of its end, from its result where it has one */
function wrap(prototype: object, name: string, what: string, subject: (args: unknown[]) => string = () => ''): void {
  const methods = prototype as Record<string, Method>;
  const original = methods[name];
  if (!original) throw new Error(`there is no ${name} to trace`);
  methods[name] = function (...args) {
    note(what, subject(args));
    const result = original.apply(this, args);
    const ended = (value: unknown) => note(`${what}: done`, typeof value === 'string' ? value : subject(args));
    if (result instanceof Promise) void result.then(ended, () => note(`${what}: failed`, subject(args)));
    return result;
  };
}

/** Of the class that a built file of the balancer exports under this name. */
async function prototypeOf(name: string, file: string): Promise<object> {
  const built = join(import.meta.dirname, '../../dist/apps/balancer/src', file);
  const { [name]: found } = (await import(built)) as Record<string, { readonly prototype: object }>;
  if (!found) throw new Error(`${file} exports no ${name}`);
  return found.prototype;
}

if (FILE !== '') {
  for (const [name, file] of [
    ['DockerRuntime', 'runtime/docker/docker.runtime.js'],
    ['ProcessRuntime', 'runtime/process/process.runtime.js'],
  ] as const) {
    const runtime = await prototypeOf(name, file);
    for (const call of ['list', 'create', 'start', 'logs', 'remove'])
      wrap(runtime, call, call, ([id]) => (typeof id === 'string' ? id : ''));
  }
  const link = await prototypeOf('ControlLink', 'routing/link/control-link.js');
  wrap(link, 'publish', 'publish');
  wrap(link, 'acknowledged', 'acknowledge');
  wrap(await prototypeOf('Hints', 'runtime/hints.js'), 'emit', 'hint', ([hint]) => (hint as { kind: string }).kind);
  wrap(await prototypeOf('StateStore', 'orchestrator/state/state-store.js'), 'updateAnyway', 'store');
  const verdict = ([id, result]: unknown[]) => `${(result as { kind: string }).kind} ${id as string}`;
  wrap(await prototypeOf('Ledger', 'orchestrator/loop/ledger.js'), 'probed', 'probe', verdict);
}
