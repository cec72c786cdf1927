// Owns reading something anew whenever it may have changed: soon, once however often that is said, and one reading at a time.

/** What is said within one turn of the balancer comes together. */
const TOGETHER_MS = 80;

export class Rereading {
  #timer = 0;
  /** @type {Promise<void> | undefined} */
  #reading;
  #again = false;

  /** @param {() => Promise<void>} readOnce */
  constructor(readOnce) {
    this.readOnce = readOnce;
  }

  /** Whether it can be read, the next reading will tell. */
  soon() {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.now().catch(() => {}), TOGETHER_MS);
  }

  /** One more after the one under way: that may have missed the change. @throws what the reading throws */
  now() {
    this.#again = true;
    this.#reading ??= this.#readAll().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #readAll() {
    while (this.#again) {
      this.#again = false;
      await this.readOnce();
    }
  }
}
