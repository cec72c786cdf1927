// Owns the in-memory pair of channels: both ends on one thread, for tests and for a lane on the calling thread. What comes
// out is a structured copy, as it would be after any other transport.
import type { Channel } from './channel.js';

/** Delivery is asynchronous and in order, as over a socket: no listener runs inside a `send`. */
export function memoryChannel<A, B>(): [Channel<A, B>, Channel<B, A>] {
  const left = new MemoryEnd<A, B>();
  const right = new MemoryEnd<B, A>();
  left.peer = right;
  right.peer = left;
  return [left, right];
}

class MemoryEnd<Out, In> implements Channel<Out, In> {
  peer: MemoryEnd<In, Out>;
  #open = true;
  readonly #undelivered: In[] = [];
  #onMessage: ((message: In) => void) | undefined;
  #onClose: ((reason?: Error) => void)[] = [];

  send(message: Out): void {
    if (!this.#open) return;
    const copy = structuredClone(message);
    queueMicrotask(() => this.peer.#deliver(copy));
  }

  onMessage(listener: (message: In) => void): void {
    this.#onMessage = listener;
    for (const message of this.#undelivered.splice(0)) listener(message);
  }

  onClose(listener: (reason?: Error) => void): void {
    if (this.#open) this.#onClose.push(listener);
    else queueMicrotask(() => listener());
  }

  close(): void {
    this.#end();
    queueMicrotask(() => this.peer.#end());
  }

  #deliver(message: In): void {
    if (!this.#open) return;
    if (this.#onMessage) this.#onMessage(message);
    else this.#undelivered.push(message);
  }

  #end(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const listener of this.#onClose.splice(0)) listener();
  }
}
