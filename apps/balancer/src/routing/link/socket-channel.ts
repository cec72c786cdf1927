// Owns the framing on the Unix socket: one JSON object per line. Lines may come in halves or several at once; a line that
// is too long, no JSON or no message of the language ends the connection: after garbage nothing can be trusted.
import type { Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import type { Channel } from './channel.js';

export interface SocketChannelOptions<In> {
  /** The message that a parsed line is; undefined when it is none. */
  readonly parse: (value: unknown) => In | undefined;
  /** Longest line taken, in UTF-16 units. */
  readonly maxLine?: number;
  /** Bytes that may wait for a peer that does not read; more ends the connection. */
  readonly maxBacklog?: number;
}

const MiB = 1024 ** 2;

export function socketChannel<Out, In>(socket: Socket, options: SocketChannelOptions<In>): Channel<Out, In> {
  const { parse, maxLine = 8 * MiB, maxBacklog = 16 * MiB } = options;
  const decoder = new StringDecoder('utf8');
  const undelivered: In[] = [];
  const closeListeners: ((reason?: Error) => void)[] = [];
  let listener: ((message: In) => void) | undefined;
  let rest = '';
  let reason: Error | undefined;
  let closed = false;

  const fail = (message: string) => {
    reason ??= new Error(message);
    socket.destroy();
  };
  const deliver = (line: string) => {
    const message = parse(parseJson(line));
    if (message === undefined) fail('the peer sent a line that is no message');
    else if (listener) listener(message);
    else undelivered.push(message);
  };

  socket.on('data', (chunk) => {
    if (socket.destroyed) return;
    rest += decoder.write(chunk);
    let start = 0;
    for (let end = rest.indexOf('\n'); end >= 0 && !socket.destroyed; end = rest.indexOf('\n', start)) {
      deliver(rest.slice(start, end));
      start = end + 1;
    }
    rest = rest.slice(start);
    if (rest.length > maxLine) fail(`the peer sent a line of more than ${maxLine} characters`);
  });
  // A reset, EPIPE or timeout is told by the close that follows it.
  socket.on('error', (error) => (reason ??= error));
  socket.on('end', () => socket.destroy());
  socket.on('close', () => {
    closed = true;
    for (const notify of closeListeners.splice(0)) notify(reason);
  });

  return {
    send(message) {
      if (closed || socket.destroyed) return;
      socket.write(`${JSON.stringify(message)}\n`);
      if (socket.writableLength > maxBacklog) fail('the peer does not read what it is sent');
    },
    onMessage(next) {
      listener = next;
      for (const message of undelivered.splice(0)) next(message);
    },
    onClose(next) {
      if (closed) queueMicrotask(() => next(reason));
      else closeListeners.push(next);
    },
    close() {
      // What was sent is still delivered; the timer is for a peer that neither reads nor closes.
      socket.end();
      setTimeout(() => socket.destroy(), 1000).unref();
    },
  };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
