// Owns the read buffers that are on their way out on one client's connection: they go back to the lane when they are out, so that a
// long answer goes through the same few buffers, which are in the processor's cache.
import type { Socket } from 'node:net';
import type { ReadBuffers } from './read-buffers.js';

export class LentBuffers {
  /** In the order in which they were written, which is the order in which they are out. */
  readonly #underway: Buffer[] = [];

  constructor(private readonly home: ReadBuffers) {}

  /** @param bytes part of `whole` */
  write(socket: Socket, bytes: Buffer, whole: Buffer): void {
    this.#underway.push(whole);
    socket.write(bytes, this.#onOut);
  }

  /** Called for a connection that broke as well: nothing is read from the memory any more then. */
  readonly #onOut = (): void => {
    const whole = this.#underway.shift();
    if (whole) this.home.giveBack(whole);
  };
}
