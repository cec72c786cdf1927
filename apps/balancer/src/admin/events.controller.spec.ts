// GET /api/events over real connections: what a reader is told who comes, comes back, comes too late, filters, or is slow.
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import request from 'supertest';
import { EventLog } from '../orchestrator/events/event-log.js';
import { eventFrames, MAX_EVENT_STREAMS } from './event-stream.js';
import { adminRig, type AdminRig } from './testing/admin-rig.js';

let rig: AdminRig | undefined;
const readers: IncomingMessage[] = [];
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.destroy();
  await rig?.close();
  rig = undefined;
});

interface Frame {
  readonly id?: string;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

async function connect(url: string, headers: Record<string, string> = {}) {
  const [response] = (await once(get(url, { agent: false, headers }), 'response')) as [IncomingMessage];
  readers.push(response);
  response.on('error', () => {});
  let text = '';
  const [frames, queue]: [Frame[], Frame[]] = [[], []];
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const fields = Object.fromEntries(
        text
          .slice(0, end)
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      text = text.slice(end + 2);
      if (fields.event === undefined) continue;
      frames.push({ id: fields.id, event: fields.event, data: JSON.parse(fields.data ?? '') });
      queue.push(...frames.slice(-1));
    }
  });
  const next = async (event: string): Promise<Frame> => {
    for (;;) {
      const found = queue.shift();
      if (found?.event === event) return found;
      if (!found) await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  return { response, frames, next };
}

const events = (query = '') => `${rig?.url}/api/events${query}`;
const manager = () => (rig as AdminRig).pool.manager;

describe('GET /api/events', () => {
  beforeEach(async () => {
    rig = await adminRig();
  });

  it('says hello with the position, then tells what happens as it happens', async () => {
    const { response, next } = await connect(events());
    expect(response.statusCode).toBe(200);
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
    });
    const { boot, position } = manager().events;
    expect(await next('hello')).toEqual({
      event: 'hello',
      id: position,
      data: { boot, position, oldest: `${boot}-1` },
    });
    await manager().life.setWeight('Server 1', 2);
    const { id, data } = await next('weight');
    expect(data).toMatchObject({ id, type: 'weight', replicas: ['Server 1'], weights: { 'Server 1': 2 } });
  });

  it.each(['header', 'query'])('goes on after the event that a reader had last (%s)', async (way) => {
    const { position } = manager().events;
    await manager().life.setWeight('Server 1', 2);
    await manager().life.setWeight('Server 2', 3);
    const { next } = await (way === 'header'
      ? connect(events('?since=0ld-1'), { 'last-event-id': position })
      : connect(events(`?since=${position}`)));
    expect((await next('weight')).data).toMatchObject({ replicas: ['Server 1'] });
    expect((await next('weight')).data).toMatchObject({ replicas: ['Server 2'] });
  });

  it.each(['0ther-1', 'nonsense', ''])('tells a gap to a reader of another time, and goes on (%j)', async (id) => {
    const { frames, next } = await connect(events(id === '' ? '?since=0ther-0' : ''), { 'last-event-id': id });
    const gap = await next('gap');
    expect(gap).toMatchObject({ id: manager().events.position, data: { position: manager().events.position } });
    await manager().life.setWeight('Server 1', 2);
    await next('weight');
    expect(frames.map(({ event }) => event)).toEqual(['hello', 'gap', 'weight']);
  });

  it('sends only the types that are asked for', async () => {
    const { next, frames } = await connect(events('?types=restart,death'));
    await next('hello');
    await manager().life.setWeight('Server 1', 2);
    await manager().life.restart('Server 1');
    await next('restart');
    expect(frames.map(({ event }) => event)).toEqual(['hello', 'restart']);
  });

  it.each([
    ['format', '?format=json&limit=2', {}],
    ['Accept', '?limit=2', { accept: 'application/json' }],
  ])('is a list by %s', async (_, query, headers) => {
    await manager().life.setWeight('Server 1', 2);
    const { body } = await request(rig?.url ?? '')
      .get(`/api/events${query}`)
      .set(headers)
      .expect(200);
    const { boot, position } = manager().events;
    expect(body).toMatchObject({ boot, position, gap: null, events: [{}, { type: 'weight', id: position }] });
  });

  it('lists what came since an event, by type, and says when it cannot', async () => {
    const { position } = manager().events;
    await manager().life.setWeight('Server 1', 2);
    await manager().life.restart('Server 1');
    const list = async (query: string) => (await request(rig?.url ?? '').get(`/api/events?format=json&${query}`)).body;
    expect(await list(`since=${position}&types=weight`)).toMatchObject({ gap: null, events: [{ type: 'weight' }] });
    expect(await list('since=0ther-1')).toMatchObject({ gap: 'the balancer has started anew since', events: [] });
  });

  it.each([
    ['?since=x', 'since must be the id of an event, such as 4f1c9a02-17, not "x"'],
    ['?types=birth', 'types has "birth", which is none'],
    ['?types=', 'types has "", which is none'],
    ['?format=xml', 'format must be stream or json, not "xml"'],
    ['?limit=5', 'limit goes with format=json'],
    ['?format=json&limit=0', 'limit must be a whole number from 1 to 2000, not "0"'],
    ['?format=json&limit=2001', 'limit must be a whole number from 1 to 2000, not "2001"'],
    ['?x=1', 'unknown query parameter "x"; known are since, types, format and limit'],
    ['?since=a-1&since=a-2', 'the query parameter "since" stands more than once'],
  ])('refuses %s', async (query, message) => {
    const { body } = await request(rig?.url ?? '')
      .get(`/api/events${query}`)
      .expect(400);
    expect(body).toEqual({ message: expect.stringContaining(message), status: 'failure' });
  });

  it('answers HEAD, is behind the gate, and refuses readers who are too many', async () => {
    await request(rig?.url ?? '')
      .head('/api/events')
      .expect(200);
    await request(rig?.url ?? '')
      .get('/api/events')
      .set('host', 'evil.example')
      .expect(403);
    await Promise.all(Array.from({ length: MAX_EVENT_STREAMS }, () => connect(events())));
    const { body } = await request(rig?.url ?? '')
      .get('/api/events')
      .expect(503);
    expect(body.message).toBe('too many follow the events; at most 32 at a time');
    readers[0]?.destroy();
    let status = 503;
    while (status === 503) status = (await connect(events())).response.statusCode ?? 0;
    expect(status).toBe(200);
  });

  it('ends its streams when the admin port closes, instead of holding it open', async () => {
    const { response, next } = await connect(events());
    await next('hello');
    const ended = once(response, 'end');
    await rig?.close();
    rig = undefined;
    await ended;
  });
});

describe('the stream of events', () => {
  const log = (capacity = 100) => new EventLog('boot', () => 0, { capacity });

  it('breaks a long silence with a comment that says where the reader stands', async () => {
    const events = log();
    const end = new AbortController();
    const frames = eventFrames(events, { since: null, types: new Set(['death']) }, end.signal, 10);
    expect((await frames.next()).value).toContain('event: hello');
    events.record({ type: 'restart', replica: 'S1' });
    expect((await frames.next()).value).toBe(': still here\nid: boot-1\n\n');
    end.abort();
    expect((await frames.next()).done).toBe(true);
  });

  it('holds nothing for a reader who is too slow: what fell out of the buffer is told as a gap', async () => {
    const events = log(10);
    const frames = eventFrames(events, { since: null, types: null }, new AbortController().signal, 10_000);
    await frames.next();
    for (let i = 0; i < 25; i++) events.record({ type: 'restart', replica: `S${i}` });
    expect((await frames.next()).value).toContain(
      'id: boot-25\nevent: gap\ndata: {"asked":"boot-0","reason":"only the last 10 events are kept","position":"boot-25"}',
    );
    events.record({ type: 'restart', replica: 'late' });
    expect((await frames.next()).value).toContain('id: boot-26\nevent: restart');
    await frames.return(undefined);
  });
});
