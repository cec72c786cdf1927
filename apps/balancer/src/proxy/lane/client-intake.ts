// Owns how far a client has got with taking what it is sent, down to the queue of the system calls. Reads only.
import type { Socket } from 'node:net';

/** As node's own socket timeout looks at it: the only place that tells of a write which is done in part. */
interface WithHandle {
  readonly _handle?: { readonly writeQueueSize?: number } | null;
}

/** Bytes that were written and that the system has not taken yet, because the client does not read. */
export function unsentTo(socket: Socket): number {
  return socket.writableLength + ((socket as unknown as WithHandle)._handle?.writeQueueSize ?? 0);
}

/** Bytes that the system has taken, since the connection began. */
export function takenBy(socket: Socket): number {
  // Undefined once its write queue is gone with it.
  return (socket.bytesWritten ?? 0) - unsentTo(socket);
}
