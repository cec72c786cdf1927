// Owns a client that writes bytes, for what no HTTP client would send.
import { connect, type Socket } from 'node:net';

export interface RawClient {
  readonly socket: Socket;
  /** Everything received until now. */
  text(): string;
  write(bytes: string | Buffer): void;
  /** Resolves with everything received once it matches. Rejects when the connection ends before. */
  until(pattern: RegExp): Promise<string>;
  /** Resolves once the server has closed; `reset` tells how. */
  closed(): Promise<{ readonly text: string; readonly reset: boolean }>;
}

export async function rawClient(port: number, ...writes: string[]): Promise<RawClient> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let text = '';
  let reset = false;
  let look = () => {};
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    look();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => (reset ||= error.code === 'ECONNRESET'));
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  for (const bytes of writes) socket.write(bytes, 'latin1');
  return {
    socket,
    text: () => text,
    write: (bytes) => void socket.write(bytes, 'latin1'),
    until: (pattern) =>
      new Promise((resolve, reject) => {
        look = () => {
          if (pattern.test(text)) resolve(text);
        };
        look();
        void closed.then(() => reject(new Error(`closed before ${pattern} came; received: ${text}`)));
      }),
    async closed() {
      await closed;
      return { text, reset };
    },
  };
}

/** One exchange on a connection of its own: writes, waits for the close. */
export async function rawExchange(port: number, bytes: string): Promise<string> {
  const client = await rawClient(port, bytes);
  return (await client.closed()).text;
}
