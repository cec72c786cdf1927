import { describe, expect, it } from '@jest/globals';
import { PassThrough, Writable } from 'node:stream';
import { type BodyOwner, type BodyReader, RequestBody } from './request-body.js';

const settled = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));

function bodyOf({ retryBuffer = 10, maxBody = 0 } = {}) {
  const source = new PassThrough();
  const told: string[] = [];
  const owner: BodyOwner = {
    onBodyCollected: () => told.push('collected'),
    onBodyProgress: () => {},
    onBodyLost: () => told.push('lost'),
    onBodyTooLarge: () => told.push('too large'),
  };
  return { source, told, body: new RequestBody(source, { retryBuffer, maxBody }, owner) };
}

async function all(reader: BodyReader): Promise<string> {
  let text = '';
  for await (const chunk of reader) text += String(chunk);
  return text;
}

describe('a body that fits', () => {
  it('is collected when it is whole, and read from its first byte as often as it is needed', async () => {
    const { source, told, body } = bodyOf();
    body.start();
    source.write('abc');
    await settled();
    expect(told).toEqual([]);
    source.end('defghij');
    await settled();
    expect(told).toEqual(['collected']);
    for (let time = 0; time < 3; time++) {
      const reader = body.reader();
      reader.open();
      expect(await all(reader)).toBe('abcdefghij');
    }
    expect(told).toEqual(['collected']);
  });

  it('can be begun by one try and given whole to the next, also while it still arrives', async () => {
    const { source, told, body } = bodyOf();
    body.start();
    source.write('abc');
    await settled();
    const first = body.reader();
    first.on('data', () => {});
    first.open();
    await settled();
    source.write('def');
    await settled();
    const second = body.reader();
    expect(first.destroyed).toBe(true);
    second.open();
    const text = all(second);
    source.end('g');
    expect(await text).toBe('abcdefg');
    expect(told).not.toContain('lost');
  });

  it('gives nothing before its reader is opened', async () => {
    const { source, body } = bodyOf();
    body.start();
    source.end('abc');
    const reader = body.reader();
    let bytes = 0;
    reader.on('data', (chunk: Buffer) => (bytes += chunk.length));
    await settled();
    expect(bytes).toBe(0);
    reader.open();
    await settled();
    expect(bytes).toBe(3);
  });
});

describe('a body that does not fit', () => {
  it('is collected when there is no more room, and waits there without loss', async () => {
    const { source, told, body } = bodyOf();
    body.start();
    source.write('0123456789');
    source.write('more');
    await settled();
    expect([told, source.isPaused()]).toEqual([['collected'], true]);
    const refused = body.reader();
    body.reader().open();
    expect([refused.destroyed, told]).toEqual([true, ['collected']]);
  });

  it('is whole for the try that stands, and lost to the next', async () => {
    const { source, told, body } = bodyOf();
    body.start();
    const reader = body.reader();
    reader.open();
    const text = all(reader);
    const sent = Array.from({ length: 50 }, (_, index) => `chunk ${index};`);
    for (const chunk of sent) {
      source.write(chunk);
      await settled();
    }
    source.end();
    expect(await text).toBe(sent.join(''));
    expect(told).toEqual(['collected', 'lost']);
  });

  it('is taken from the client no faster than the replica takes it', async () => {
    const { source, body } = bodyOf();
    body.start();
    const reader = body.reader();
    const stuck = new Writable({ write: () => {} });
    reader.pipe(stuck);
    reader.open();
    let accepted = 0;
    for (; accepted < 1000 && source.write(Buffer.alloc(16 * 1024)); accepted++) await settled();
    expect(accepted).toBeLessThan(30);
    expect(body.backlogged).toBe(true);
  });

  it('waits for the client, and says so, once the replica has taken all there is', async () => {
    const { source, body } = bodyOf();
    body.start();
    const reader = body.reader();
    reader.resume();
    reader.open();
    source.write('x'.repeat(100));
    await settled();
    expect(body.backlogged).toBe(false);
  });
});

describe('with RETRY_BUFFER=0 a body', () => {
  it('is not taken before the connection stands, and never kept', async () => {
    const { source, told, body } = bodyOf({ retryBuffer: 0 });
    const reader = body.reader();
    source.write('abc');
    await settled();
    expect(source.readableLength).toBe(3);
    reader.open();
    source.end('def');
    expect(await all(reader)).toBe('abcdef');
    expect(told).toEqual(['collected', 'lost']);
  });
});

describe('a body above its limit', () => {
  it('is told of at the first byte too many', async () => {
    const { source, told, body } = bodyOf({ maxBody: 5, retryBuffer: 100 });
    body.start();
    source.write('12345');
    await settled();
    expect(told).toEqual([]);
    source.write('6');
    await settled();
    expect(told).toEqual(['too large']);
  });
});
