// Owns how a connection that was accepted is read into memory of the lane. Node reads into memory that it is given on sockets that
// dial (`onread`), and has no such option for those that it accepts: there it makes a buffer of 64 KiB for each read, cuts it to what
// came, and frees it while it collects garbage, which is most of such a pause. So the fields of that option are set on the accepted socket here.
//
// The fields are node's own. They are found by what they hold on a socket that was made with the option; where they are not found,
// or the socket's handle does not know of them, it is read as node reads by itself. Nobody but this file knows which it is.
import { Socket } from 'node:net';

/** `this` is the socket. The bytes are overwritten when it returns. */
export type OnRead = (this: Socket, bytes: Buffer, count: number) => void;

interface Fields {
  readonly buffer: symbol;
  /** `this` is the socket. Returns false to be given nothing more until the socket is resumed. */
  readonly callback: symbol;
}

interface Raw {
  readonly _handle?: { readonly useUserBuffer?: (bytes: Buffer) => void } | null;
  [READER]?: OnRead;
  [field: symbol]: unknown;
}

const READER = Symbol('reader');
const FIELDS = findFields();

/** Has all that comes on the socket read into this memory and told to the reader, until `readOn`. To be called before anything came. */
export function readInto(socket: Socket, memory: Buffer, reader: OnRead): void {
  const raw = socket as unknown as Raw;
  raw[READER] = reader;
  if (!FIELDS || typeof raw._handle?.useUserBuffer !== 'function') {
    socket.on('data', onChunk);
    return;
  }
  raw[FIELDS.buffer] = memory;
  raw[FIELDS.callback] = onBytes;
  raw._handle.useUserBuffer(memory);
}

/** What comes from now on is the stream's, as on any other socket. */
export function readOn(socket: Socket): void {
  (socket as unknown as Raw)[READER] = undefined;
  socket.off('data', onChunk);
}

function onBytes(this: Socket, count: number, memory: Buffer): boolean {
  const reader = (this as unknown as Raw)[READER];
  // The system goes on reading into the same memory.
  if (!reader) return this.push(Buffer.from(memory.subarray(0, count)));
  reader.call(this, memory, count);
  return true;
}

function onChunk(this: Socket, chunk: Buffer): void {
  (this as unknown as Raw)[READER]?.call(this, chunk, chunk.length);
}

function findFields(): Fields | undefined {
  const memory = Buffer.alloc(1);
  const callback = (): boolean => true;
  const made = new Socket({ onread: { buffer: memory, callback } }) as unknown as Raw;
  const symbols = Object.getOwnPropertySymbols(made);
  const [bufferField, callbackField] = [memory, callback].map((held) => symbols.find((field) => made[field] === held));
  return bufferField && callbackField && { buffer: bufferField, callback: callbackField };
}
