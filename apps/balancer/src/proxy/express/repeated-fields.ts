// Owns the fields that a client repeats on its connection: what a program sends with one request, it mostly sends with the next,
// and to compare them is a tenth of reading them. Pure. Reading and comparing are request-head.ts's.
import type { KnownFields } from './known-fields.js';
import type { RequestHeadReader } from './request-head.js';

/** A client whose fields change this often in a row gets no more attention. */
const MOST_CHANGES = 3;

export class RepeatedFields {
  fields: KnownFields | undefined;
  #changes = 0;

  /** To be told of each plain request, right after its head was read. */
  note(head: RequestHeadReader): void {
    if (head.recognised) {
      this.#changes = 0;
      return;
    }
    if (this.#changes === MOST_CHANGES) return;
    this.#changes++;
    this.fields = this.#changes === MOST_CHANGES ? undefined : head.known();
  }
}
