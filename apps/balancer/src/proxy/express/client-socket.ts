// Owns what is heard of the socket of a client's connection, and that it ends where the connection becomes the standard lane's. What
// it means is client-connection.ts's, into which memory it is read accepted-reads.ts's.
import type { Socket } from 'node:net';
import { readInto, readOn } from './accepted-reads.js';

export interface SocketListener {
  /** @param bytes are overwritten when this returns */
  onRead(bytes: Buffer, count: number): void;
  onDrain(): void;
  onEnd(): void;
  onClose(): void;
  /** What came could not be dealt with: a fault of ours. */
  onFault(error: Error): void;
}

/** Listeners are the same for all connections: an idle one has none of its own. */
const LISTENER = Symbol('listener');
interface Heard extends Socket {
  [LISTENER]?: SocketListener;
}

/** @param memory that what comes is read into */
export function listenTo(socket: Socket, memory: Buffer, listener: SocketListener): void {
  (socket as Heard)[LISTENER] = listener;
  readInto(socket, memory, onRead);
  socket.on('drain', onDrain);
  socket.on('end', onEnd);
  socket.on('error', onError);
  socket.on('close', onClose);
}

/** Nothing more is heard; what comes is the stream's. */
export function leave(socket: Socket): void {
  (socket as Heard)[LISTENER] = undefined;
  readOn(socket);
  socket.off('drain', onDrain).off('end', onEnd).off('error', onError).off('close', onClose);
}

function onRead(this: Socket, bytes: Buffer, count: number): void {
  const listener = (this as Heard)[LISTENER];
  try {
    listener?.onRead(bytes, count);
  } catch (error) {
    listener?.onFault(error as Error);
  }
}

function onDrain(this: Socket): void {
  (this as Heard)[LISTENER]?.onDrain();
}

function onEnd(this: Socket): void {
  (this as Heard)[LISTENER]?.onEnd();
}

/** The close that follows says all there is to know. */
function onError(): void {}

function onClose(this: Socket): void {
  (this as Heard)[LISTENER]?.onClose();
}
