// Owns the Unix socket on which the data process waits for control, all its life: control comes and goes. Who may connect
// is the file system's to say: the socket is its owner's alone, in a folder that is its owner's alone.
import { chmodSync, existsSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { parseControlMessage } from '../../routing/link/data-messages.js';
import type { ControlMessage, DataMessage } from '../../routing/link/messages.js';
import { socketChannel } from '../../routing/link/socket-channel.js';
import type { Logger } from '../../telemetry/logger.js';
import type { DataPlane } from './data-plane.js';

const ORPHAN_POLL = 5000;
const ORPHAN_DEADLINE = 10_000;

export interface ControlSocket {
  /** From now on connections are greeted; those that came before wait until then. */
  open(): void;
  close(): void;
}

/** @throws Error when somebody else answers there */
export async function listenForControl(path: string, plane: DataPlane, log: Logger): Promise<ControlSocket> {
  if (await answers(path)) throw new Error(`another data process listens on ${path}`);
  if (existsSync(path)) unlinkSync(path);
  let waiting: Socket[] | undefined = [];
  const greet = (socket: Socket) =>
    plane.accept(socketChannel<DataMessage, ControlMessage>(socket, { parse: parseControlMessage }));
  const server = createServer((socket) => {
    if (waiting) waiting.push(socket);
    else greet(socket);
  });
  // The file must never be there with more rights, not even until the next line.
  const mask = process.umask(0o177);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
    process.umask(mask);
  });
  chmodSync(path, 0o600);

  // The folder is gone: no control can ever come again. Without the look this process would serve for ever, unseen.
  const orphaned = setInterval(() => {
    if (plane.controlled || existsSync(dirname(path))) return;
    log.warn({}, 'STATE_DIR is gone: the data process ends');
    void plane.stop(ORPHAN_DEADLINE);
  }, ORPHAN_POLL);
  orphaned.unref();

  return {
    open() {
      for (const socket of waiting?.splice(0) ?? []) greet(socket);
      waiting = undefined;
    },
    close() {
      clearInterval(orphaned);
      server.close();
    },
  };
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}
