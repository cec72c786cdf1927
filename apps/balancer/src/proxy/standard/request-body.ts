// Owns the body of one request: it takes it from the client, keeps as much as may be kept so that it can be sent again, and
// gives it to one try at a time with back-pressure. Its limit, too. When to take it and how long that may last is the attempt
// machine's.
//
//     client ──► taken, kept up to RETRY_BUFFER ──► reader of the try under way
//                        │
//                        └── more than that, once it flows to a connection: what is sent is let go, and cannot be sent again
import { Readable } from 'node:stream';

export interface BodyLimits {
  /** Most bytes; 0 = no limit. */
  readonly maxBody: number;
  /** Bytes that are kept to be sent again. */
  readonly retryBuffer: number;
}

export interface BodyOwner {
  /** It is whole, or there is no more room to keep it; comes once. */
  onBodyCollected(): void;
  /** Bytes moved, in or out. */
  onBodyProgress(): void;
  /** From now on it cannot be sent again; comes once. */
  onBodyLost(): void;
  onBodyTooLarge(): void;
}

export class RequestBody {
  /** From the first byte on, or when some was let go, from where the reader is. */
  readonly #chunks: Buffer[] = [];
  #letGo = 0;
  #kept = 0;
  #taken = 0;
  #started = false;
  #ended = false;
  #collected = false;
  #lost = false;
  #reader: BodyReader | undefined;

  constructor(
    private readonly source: Readable,
    private readonly limits: BodyLimits,
    private readonly owner: BodyOwner,
  ) {}

  /** Begins to take it from the client, as far as there is room. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.source.on('data', this.#onData).on('end', this.#onEnd);
    this.#flow();
  }

  /** Bytes that came from the client. */
  get taken(): number {
    return this.#taken;
  }

  /** The whole body for a try, from its first byte; nothing flows before `open`. Must not be called once it is lost. */
  reader(): BodyReader {
    this.#reader?.destroy();
    return (this.#reader = new BodyReader(this));
  }

  /** The client waits for nobody: what it sent is with the replica, or the replica does not take it. */
  get backlogged(): boolean {
    return this.#reader !== undefined && (this.#ended || !this.#reader.wants);
  }

  /** Changes as it moves, in or out. */
  get moved(): number {
    return this.#taken + (this.#reader?.position ?? 0);
  }

  /** It is nobody's any more: the client is listened to no longer. */
  stop(): void {
    this.#reader?.destroy();
    this.#reader = undefined;
    this.#chunks.length = 0;
    if (!this.#started) return;
    this.source.off('data', this.#onData).off('end', this.#onEnd);
    this.source.pause();
  }

  /** For the reader: gives it what it wants and has not had yet. */
  feed(reader: BodyReader): void {
    if (reader !== this.#reader || !reader.opened) return;
    while (reader.wants && reader.position - this.#letGo < this.#chunks.length) {
      reader.give(this.#chunks[reader.position - this.#letGo]);
      if (this.#taken > this.limits.retryBuffer) this.#forget(reader.position);
    }
    if (this.#ended && reader.position - this.#letGo === this.#chunks.length) reader.finish();
    this.#flow();
  }

  progressed(): void {
    this.owner.onBodyProgress();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#taken += chunk.length;
    if (this.limits.maxBody > 0 && this.#taken > this.limits.maxBody) return this.owner.onBodyTooLarge();
    this.#chunks.push(chunk);
    this.#kept += chunk.length;
    this.owner.onBodyProgress();
    if (this.#taken >= this.limits.retryBuffer) this.#tellCollected();
    if (this.#reader) this.feed(this.#reader);
    this.#flow();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#tellCollected();
    if (this.#reader) this.feed(this.#reader);
  };

  #tellCollected(): void {
    if (this.#collected) return;
    this.#collected = true;
    this.owner.onBodyCollected();
  }

  #forget(position: number): void {
    for (; this.#letGo < position; this.#letGo++) this.#kept -= this.#chunks.shift()?.length ?? 0;
    if (this.#lost) return;
    this.#lost = true;
    this.owner.onBodyLost();
  }

  #flow(): void {
    if (!this.#started || this.#ended) return;
    const wanted = this.#reader?.opened === true && this.#reader.wants;
    if (wanted || this.#kept < this.limits.retryBuffer) {
      if (this.source.isPaused()) this.source.resume();
    } else if (!this.source.isPaused()) this.source.pause();
  }
}

/** The body as one try reads it. */
export class BodyReader extends Readable {
  #opened = false;
  #finished = false;
  #wants = false;
  #position = 0;

  constructor(private readonly body: RequestBody) {
    super();
  }

  get opened(): boolean {
    return this.#opened;
  }

  /** It has given on what it was given. */
  get wants(): boolean {
    return this.#wants;
  }

  /** Chunks given, from the first of the body on. */
  get position(): number {
    return this.#position;
  }

  /** The connection stands: the body may flow. */
  open(): void {
    this.#opened = true;
    this.body.start();
    this.body.feed(this);
  }

  give(chunk: Buffer): void {
    this.#position++;
    this.#wants = this.push(chunk);
  }

  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.push(null);
  }

  override _read(): void {
    if (this.#wants) return;
    this.#wants = true;
    if (!this.#opened) return;
    this.body.progressed();
    this.body.feed(this);
  }
}
