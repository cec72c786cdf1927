// Owns the commands that show the pool: status, watch, events, audit.
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import type { AuditEntry, EventList, PoolEvent, Replica, Status } from '../api.js';
import { wholeNumber } from '../arguments.js';
import { follow } from '../event-feed.js';
import { UnreachableError } from '../failures.js';
import { eventLine, type Overview, overviewLines } from '../overview.js';
import { inSession, type Session, type Surroundings } from '../session.js';
import { table } from '../table.js';
import { examples } from './pool.js';

/** Changes that come together are drawn together; milliseconds. */
const SETTLE_MS = 100;
/** Loads change without an event. */
const REFRESH_MS = 2000;
/** Home, and what is below goes once the new lines stand. */
const [HOME, CLEAR_LINE, CLEAR_BELOW] = ['\u001b[H', '\u001b[K', '\u001b[J'];
const [ENTER, LEAVE] = ['\u001b[?1049h\u001b[?25l', '\u001b[?25h\u001b[?1049l'];
const EVENTS_SHOWN = 8;

interface EventOptions {
  readonly follow?: boolean;
  readonly types?: string;
  readonly limit: number;
  readonly since?: string;
}

export function addViewCommands(program: Command, surroundings: Surroundings): void {
  program
    .command('status')
    .summary('how the pool is')
    .description('The pool and each of its replicas.')
    .addHelpText('after', examples('status', 'status --json | jq .replicas[].state'))
    .action(inSession(surroundings, status));
  program
    .command('watch')
    .summary('the pool, live')
    .description(
      'Redraws the table with each event; Ctrl-C ends. Where no terminal is, the table is printed again after each change; with --json as one line of JSON.',
    )
    .addHelpText('after', examples('watch', 'watch --json'))
    .action(inSession(surroundings, watch));
  program
    .command('events')
    .summary('what has happened to the pool')
    .description('The last events, oldest first; with --follow each further one as it happens.')
    .option('-f, --follow', 'go on until Ctrl-C')
    .option('--types <types>', 'only these, by comma: death,quarantined')
    .option('--limit <n>', 'how many of the last ones', wholeNumber, 20)
    .option('--since <id>', 'those after the event with this id')
    .addHelpText(
      'after',
      `${examples('events', 'events -f --types death,ready', 'events --json')}\n\nWith --json each event is a line.`,
    )
    .action(inSession(surroundings, events));
  program
    .command('audit')
    .summary('who changed what')
    .description('The calls that changed something or were refused, newest first.')
    .option('--limit <n>', 'how many', wholeNumber, 20)
    .addHelpText('after', examples('audit', 'audit --limit 100 --json'))
    .action(inSession(surroundings, audit));
}

async function look({ client }: Session): Promise<Overview> {
  const [status, { replicas }] = await Promise.all([
    client.json<Status>('/api/status'),
    client.json<{ replicas: readonly Replica[] }>('/api/replicas'),
  ]);
  return { status, replicas };
}

async function status(session: Session): Promise<void> {
  session.tell(await look(session), (overview) => overviewLines(overview, session.now(), session.width));
}

async function watch(session: Session): Promise<void> {
  const screen = new Screen(session);
  const end = new AbortController();
  const signal = AbortSignal.any([session.signal, end.signal]);
  const first = await look(session);
  screen.open();
  try {
    screen.draw(first);
    const drawing = redraw(session, screen, signal).finally(() => end.abort());
    for await (const news of follow(session.client, { signal })) {
      screen.note(news.kind === 'lost' ? news.reason : null);
      if (news.kind === 'event') screen.tell(news.event);
      screen.ask();
    }
    await drawing;
  } finally {
    end.abort();
    screen.close();
  }
}

/** Draws when something happened, and on a terminal anyway after a while. */
async function redraw(session: Session, screen: Screen, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await screen.asked(session.live ? REFRESH_MS : Infinity, signal);
    await pause(SETTLE_MS, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    try {
      screen.draw(await look(session));
    } catch (error) {
      // The feed tries again, and says so; anything else is for the user to know.
      if (!(error instanceof UnreachableError)) throw error;
      screen.note(error.message);
    }
  }
}

class Screen {
  private readonly events: PoolEvent[] = [];
  private last: Overview | undefined;
  private lastText = '';
  private trouble: string | null = null;
  private wanted = false;
  private wake = () => {};

  constructor(private readonly session: Session) {}

  open(): void {
    if (this.session.live) this.session.write(ENTER);
  }

  close(): void {
    if (this.session.live) this.session.write(LEAVE);
  }

  /** Something has changed: draw soon. */
  ask(): void {
    this.wanted = true;
    this.wake();
  }

  async asked(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.wanted) {
      const waiting = new AbortController();
      this.wake = () => waiting.abort();
      const either = AbortSignal.any([signal, waiting.signal]);
      if (ms === Infinity) await new Promise<void>((resolve) => either.addEventListener('abort', () => resolve()));
      else await pause(ms, undefined, { signal: either }).catch(() => {});
    }
    this.wanted = false;
  }

  tell(event: PoolEvent): void {
    this.events.push(event);
    this.events.splice(0, this.events.length - EVENTS_SHOWN);
  }

  /** @param trouble why nothing new can be shown; null: all is well */
  note(trouble: string | null): void {
    if (this.trouble === trouble) return;
    this.trouble = trouble;
    if (!this.session.live && trouble !== null) this.session.remark(`hashflow: ${trouble}; trying again`);
    if (this.session.live && this.last) this.draw(this.last);
  }

  draw(overview: Overview): void {
    this.last = overview;
    const { session } = this;
    if (session.live) return this.paint(overview);
    // What only time or the load has changed is no news.
    const { epoch: _, ...status } = overview.status;
    const facts = overview.replicas.map((r) => [
      r.name,
      r.state,
      r.reason,
      r.instance?.id,
      r.weight,
      r.share,
      r.restarts,
    ]);
    const text = JSON.stringify([status, facts]);
    if (text === this.lastText) return;
    this.lastText = text;
    session.tell(overview, (view) => [...overviewLines(view, session.now()), '']);
  }

  private paint(overview: Overview): void {
    const { session } = this;
    const lines = [
      ...overviewLines(overview, session.now(), session.width),
      '',
      ...this.events.map((event) => eventLine(event).slice(0, session.width)),
      ...(this.trouble === null ? [] : ['', `! connection lost: ${this.trouble}`.slice(0, session.width)]),
    ];
    session.write(`${HOME}${lines.map((line) => `${line}${CLEAR_LINE}\n`).join('')}${CLEAR_BELOW}`);
  }
}

async function events(session: Session, { follow: goOn = false, types, limit, since }: EventOptions): Promise<void> {
  const query = new URLSearchParams({ format: 'json', limit: String(limit) });
  if (types !== undefined) query.set('types', types);
  if (since !== undefined) query.set('since', since);
  const { events: past, gap, position } = await session.client.json<EventList>(`/api/events?${query.toString()}`);
  const tell = (event: PoolEvent) => session.tell(event, eventLine);
  if (gap !== null) session.remark(`hashflow: events are missing: ${gap}`);
  past.forEach(tell);
  if (!goOn) return;
  for await (const news of follow(session.client, { since: position, types, signal: session.signal })) {
    if (news.kind === 'event') tell(news.event);
    if (news.kind === 'gap') session.remark(`hashflow: events are missing: ${news.reason}`);
    if (news.kind === 'lost') session.remark(`hashflow: connection lost: ${news.reason}; trying again`);
  }
}

async function audit(session: Session, { limit }: { limit: number }): Promise<void> {
  const answer = await session.client.json<{ entries: readonly AuditEntry[] }>(`/api/audit?limit=${limit}`);
  session.tell(answer, ({ entries }) =>
    table(
      ['AT', 'PEER', 'BY', 'CALL', 'BODY', 'RESULT'],
      entries.map(({ at, peer, by, method, path, body, status: code, result, reason }) => [
        at,
        peer,
        by,
        `${method} ${path}`,
        body === null ? '' : JSON.stringify(body),
        [result, ...(code === null ? [] : [code]), ...(reason === null ? [] : [reason])].join(' '),
      ]),
      session.width,
    ),
  );
}
