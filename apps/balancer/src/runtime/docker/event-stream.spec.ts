// The stream over a scripted engine that splits, doubles, cuts, and falls silent.
import { afterEach, describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { silentLogger } from '../../telemetry/logger.js';
import { eventually } from '../testing/eventually.js';
import { EventStream, openEngineEvents } from './event-stream.js';
import { type ScriptedEngine, startScriptedEngine } from './testing/scripted-engine.js';

const engines: ScriptedEngine[] = [];
const streams: EventStream[] = [];
const TIMING = { minBackoffMs: 5, maxBackoffMs: 20, silenceMs: 10_000 };

afterEach(async () => {
  for (const stream of streams.splice(0)) stream.close();
  for (const engine of engines.splice(0)) await engine.close();
});

const event = (action: string, id: string, second: number) =>
  `${JSON.stringify({ Type: 'container', Action: action, Actor: { ID: id, Attributes: { name: 'ä€😀' } }, time: second }).slice(0, -1)},"timeNano":${second}123456789}\n`;

/** A stream whose connections the test serves: `serve(n, response)` is called for the n-th one, head already sent. */
async function follow(serve: (connection: number, response: ServerResponse) => void, timing = TIMING) {
  const told: string[] = [];
  const asked: (string | null)[] = [];
  const engine = await startScriptedEngine(({ path, query, response }) => {
    if (path !== '/events') return;
    asked.push(query.get('since'));
    response.writeHead(200).flushHeaders();
    serve(asked.length, response);
  });
  const stream = new EventStream(
    {
      open: openEngineEvents(engine.client(), 'p'),
      event: ({ action, containerId }) => told.push(`${action} ${containerId}`),
      connected: () => told.push('connected'),
      lost: () => told.push('lost'),
    },
    silentLogger,
    timing,
  );
  engines.push(engine);
  streams.push(stream);
  stream.start();
  return { told, asked, stream, engine };
}

describe('the stream of engine events (TRAPS 11)', () => {
  it('reads events out of chunks that are cut anywhere, also inside a character', async () => {
    const bytes = Buffer.from(event('start', 'a', 1_700_000_001) + event('die', 'b', 1_700_000_002));
    const { told } = await follow((_, response) => {
      void (async () => {
        for (const byte of bytes) {
          response.write(Buffer.from([byte]));
          await new Promise((resolve) => setImmediate(resolve));
        }
      })();
    });
    await eventually(() => expect(told).toEqual(['connected', 'start a', 'die b']));
  });

  it('reads several events out of one chunk, and doubled and reordered ones as they come', async () => {
    const [one, two] = [event('start', 'a', 1_700_000_002), event('die', 'a', 1_700_000_001)];
    const { told } = await follow((_, response) => response.write(one + two + two + '\n' + one));
    await eventually(() => expect(told).toEqual(['connected', 'start a', 'die a', 'die a', 'start a']));
  });

  it('skips what is no event', async () => {
    const { told } = await follow((_, response) => response.write(`{"half\nnull\n${event('die', 'a', 1_700_000_001)}`));
    await eventually(() => expect(told).toEqual(['connected', 'die a']));
  });

  it('connects again after a cut in the middle of a line, from the engine’s own time on, and says so', async () => {
    const { told, asked } = await follow((connection, response) => {
      if (connection > 1) return;
      response.write(event('start', 'a', 1_700_000_001) + '{"Type":"cont');
      setTimeout(() => response.destroy(), 20);
    });
    await eventually(() => expect(told).toEqual(['connected', 'start a', 'lost', 'connected']));
    expect(asked).toEqual([null, '1700000001.123456789']);
  });

  it('connects again after a clean end', async () => {
    const { told } = await follow((connection, response) => connection === 1 && response.end());
    await eventually(() => expect(told).toEqual(['connected', 'lost', 'connected']));
  });

  it('replaces a stream that is open and says nothing', async () => {
    const { told, asked, stream } = await follow(
      (connection, response) => connection > 1 && response.write(event('die', 'a', 1_700_000_001)),
      { ...TIMING, silenceMs: 30 },
    );
    await eventually(() => expect(told.slice(0, 3)).toEqual(['connected', 'connected', 'die a']));
    expect(asked[1]).toBeNull();
    expect(stream.live).toBe(true);
  });

  it('keeps trying, with pauses, while no engine answers', async () => {
    const { told, engine, stream } = await follow((_, response) => response.destroy());
    await eventually(() => expect(told.filter((word) => word === 'lost').length).toBeGreaterThan(3));
    await engine.close();
    engines.length = 0;
    const before = told.length;
    await eventually(() => expect(told.length).toBeGreaterThan(before + 3));
    expect(stream.live).toBe(false);
  });

  it('gives up a connection that is never answered', async () => {
    const engine = await startScriptedEngine(() => {});
    engines.push(engine);
    const reasons: string[] = [];
    const stream = new EventStream(
      {
        open: openEngineEvents(engine.client({ query: 50, change: 50, stop: 50 }), 'p'),
        event: () => {},
        connected: () => {},
        lost: (reason) => reasons.push(reason),
      },
      silentLogger,
      TIMING,
    );
    streams.push(stream);
    stream.start();
    await eventually(() => expect(reasons[0]).toContain('within 50 ms'));
  });

  it('is silent once it is closed', async () => {
    const { told, stream, engine } = await follow(() => {});
    await eventually(() => expect(told).toEqual(['connected']));
    stream.close();
    engine.cut();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(told).toEqual(['connected']);
  });
});
