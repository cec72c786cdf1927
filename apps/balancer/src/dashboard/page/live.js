// Owns staying connected to one stream of server-sent events: where it goes on after a break, how long it waits before it tries
// again, and telling whether it is connected. What the events mean is their readers'.

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15_000;

/** @typedef {{ connected: true } | { connected: false, retryInMs: number }} LinkState */

export class LiveStream {
  /** @type {EventSource | undefined} */
  #source;
  #timer = 0;
  #failures = 0;
  #stopped = true;

  /**
   * @param {() => string} url asked for anew at each try
   * @param {Record<string, (data: any) => void>} handlers by the event's name
   * @param {(state: LinkState) => void} onState
   */
  constructor(url, handlers, onState) {
    this.url = url;
    this.handlers = handlers;
    this.onState = onState;
  }

  start() {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#failures = 0;
    this.#connect();
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#source?.close();
  }

  /** Does not wait any longer, if it was waiting. */
  retryNow() {
    if (this.#stopped || this.#source?.readyState !== EventSource.CLOSED) return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  #connect() {
    const source = new EventSource(this.url());
    this.#source = source;
    source.addEventListener('open', () => {
      this.#failures = 0;
      this.onState({ connected: true });
    });
    // An EventSource goes on trying by itself at one pace, or gives up for good after a refusal: neither will do.
    source.addEventListener('error', () => {
      source.close();
      if (this.#stopped) return;
      const retryInMs = waitAfter(this.#failures++, Math.random());
      this.#timer = window.setTimeout(() => this.#connect(), retryInMs);
      this.onState({ connected: false, retryInMs });
    });
    for (const [name, handle] of Object.entries(this.handlers))
      source.addEventListener(name, (event) => handle(JSON.parse(event.data)));
  }
}

/** Doubles with each failure in a row; up to a quarter less by chance, so that not all pages come back at once. @param {number} failures @param {number} chance 0 to 1 */
export function waitAfter(failures, chance) {
  return Math.round(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures) * (1 - chance / 4));
}
