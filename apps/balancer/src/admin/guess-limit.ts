// Owns how many wrong tokens one client may bring before its tokens are not looked at any more, for a while: nobody shall find
// the token by trying. In memory and bounded. Who is asked for one, and what is answered, is access.ts's and session.controller.ts's.
import { createHash } from 'node:crypto';
import { networkOf } from '../config/networks.js';

/** Different ones: what has an old token and asks on and on is one guess, and shuts nobody out. */
export const MOST_GUESSES = 10;
/** From the first wrong one on. */
const WINDOW_MS = 60_000;
/** More than ever mistype at once; the oldest makes room. */
const MOST_CLIENTS = 1024;

interface Guesses {
  /** Monotonic milliseconds. */
  readonly end: number;
  /** Digests of the wrong ones. */
  readonly wrong: Set<string>;
}

export class GuessLimit {
  /** Oldest first. */
  private readonly clients = new Map<string, Guesses>();

  /** @param now monotonic milliseconds */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** @param peer the socket's address @returns whole seconds until its tokens are looked at again; 0: they are */
  waitSeconds(peer: string): number {
    const guesses = this.clients.get(networkOf(peer));
    if (!guesses || guesses.wrong.size < MOST_GUESSES) return 0;
    return Math.max(0, Math.ceil((guesses.end - this.now()) / 1000));
  }

  /** A token was looked at, and is wrong. @param peer the socket's address */
  wrong(peer: string, token: string): void {
    const client = networkOf(peer);
    let guesses = this.clients.get(client);
    if (!guesses || guesses.end <= this.now()) {
      this.clients.delete(client);
      const [oldest] = this.clients.keys();
      if (oldest !== undefined && this.clients.size >= MOST_CLIENTS) this.clients.delete(oldest);
      guesses = { end: this.now() + WINDOW_MS, wrong: new Set() };
      this.clients.set(client, guesses);
    }
    guesses.wrong.add(createHash('sha256').update(token).digest('base64'));
  }
}
