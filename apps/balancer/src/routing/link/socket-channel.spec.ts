import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Channel } from './channel.js';
import { socketChannel } from './socket-channel.js';

interface Note {
  readonly text: string;
}
const parse = (value: unknown): Note | undefined =>
  typeof value === 'object' && value !== null && 'text' in value && typeof value.text === 'string'
    ? { text: value.text }
    : undefined;

describe('a channel over a socket', () => {
  let server: Server;
  let peer: Socket;
  let channel: Channel<Note, Note>;

  beforeEach(async () => {
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
    peer = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', noDelay: true });
    peer.on('error', () => {});
    channel = socketChannel<Note, Note>(await accepted, { parse, maxLine: 1000, maxBacklog: 4 * 1024 ** 2 });
  });
  afterEach(() => {
    peer.destroy();
    channel.close();
    server.close();
  });

  const received = (count: number) =>
    new Promise<string[]>((resolve) => {
      const texts: string[] = [];
      channel.onMessage(({ text }) => {
        if (texts.push(text) === count) resolve(texts);
      });
    });
  const closed = () => new Promise<Error | undefined>((resolve) => channel.onClose(resolve));

  it('delivers messages whole and in order, however the bytes are cut', async () => {
    const texts = ['one', 'zwölf', '✂ cut ✂', ''];
    const bytes = Buffer.from(texts.map((text) => `${JSON.stringify({ text })}\n`).join(''));
    const all = received(texts.length);
    for (const byte of bytes) {
      peer.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    expect(await all).toEqual(texts);
  });

  it('delivers several messages of one packet, also those that came before anybody listened', async () => {
    peer.write('{"text":"a"}\n{"text":"b"}\n{"text"');
    await new Promise((resolve) => peer.write(':"c"}\n', resolve));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await received(3)).toEqual(['a', 'b', 'c']);
  });

  it.each([
    ['no JSON', 'hello\n'],
    ['no message of the language', '{"test":"a"}\n'],
    ['an empty line', '\n'],
    ['a line without an end', 'x'.repeat(2000)],
  ])('is closed by %s, with a reason', async (_what, bytes) => {
    channel.onMessage(() => {});
    peer.write(bytes);
    expect((await closed())?.message).toMatch(/^the peer sent a line/);
  });

  it('delivers nothing that comes after garbage', async () => {
    const texts: string[] = [];
    channel.onMessage(({ text }) => texts.push(text));
    peer.write('{"text":"a"}\ngarbage\n{"text":"b"}\n');
    await closed();
    expect(texts).toEqual(['a']);
  });

  it('is closed when the peer goes, also when that was before anybody asked', async () => {
    peer.destroy();
    await closed();
    expect(await closed()).toBeUndefined();
    channel.send({ text: 'into the void' });
  });

  it('survives a peer that goes away with the line half written to it (EPIPE)', async () => {
    peer.resetAndDestroy();
    for (let time = 0; time < 100; time++) channel.send({ text: 'x'.repeat(500) });
    await closed();
  });

  it('cuts off a peer that does not read', async () => {
    peer.pause();
    const end = closed();
    for (let sent = 0; sent < 40; sent++) channel.send({ text: 'x'.repeat(1024 ** 2) });
    expect((await end)?.message).toBe('the peer does not read what it is sent');
  });

  it('still delivers what was sent before it closed', async () => {
    const text = new Promise<string>((resolve) => {
      let all = '';
      peer.on('data', (chunk) => (all += String(chunk)));
      peer.on('end', () => resolve(all));
    });
    channel.send({ text: 'last words' });
    channel.close();
    expect(await text).toBe('{"text":"last words"}\n');
  });
});
