// Owns the sessions of browsers, which can keep no token safely and cannot send one with an event stream: a random id in a
// cookie that no script can read. In memory, so that logging out ends one for good. Who may begin one is session.controller.ts's.
import { createHash, randomBytes } from 'node:crypto';

export const SESSION_MS = 12 * 3_600_000;
/** More than operators have browsers; the oldest makes room. */
const MOST_SESSIONS = 64;

export class Sessions {
  private readonly cookieName: string;
  /** When each ends, by the digest of its id: looking one up takes as long whatever is asked for. Oldest first. */
  private readonly ends = new Map<string, number>();

  /** @param pool cookies know no ports: the name keeps two pools on one machine apart @param now monotonic milliseconds */
  constructor(
    pool: string,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.cookieName = `hashflow-session-${pool}`;
  }

  /** @param secure the page was loaded over TLS @returns the Set-Cookie field of a new session */
  begin(secure: boolean): string {
    const id = randomBytes(32).toString('base64url');
    for (const [digest, end] of this.ends) {
      if (end <= this.now() || this.ends.size >= MOST_SESSIONS) this.ends.delete(digest);
    }
    this.ends.set(digestOf(id), this.now() + SESSION_MS);
    return this.cookie(id, SESSION_MS / 1000, secure);
  }

  /** @returns the Set-Cookie field that takes the cookie back */
  end(cookies: string | undefined, secure: boolean): string {
    for (const id of this.idsIn(cookies)) this.ends.delete(digestOf(id));
    return this.cookie('', 0, secure);
  }

  /** @param cookies the Cookie field @returns milliseconds that the session still lives; 0: there is none */
  remaining(cookies: string | undefined): number {
    const ends = this.idsIn(cookies).map((id) => this.ends.get(digestOf(id)) ?? 0);
    return Math.max(0, Math.max(0, ...ends) - this.now());
  }

  private cookie(id: string, seconds: number, secure: boolean): string {
    const attributes = `Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure ? '; Secure' : ''}`;
    return `${this.cookieName}=${id}; ${attributes}`;
  }

  /** Another program of this host may have set one of the same name: each is tried. */
  private idsIn(cookies = ''): string[] {
    const prefix = `${this.cookieName}=`;
    return cookies.split(/; */).flatMap((pair) => (pair.startsWith(prefix) ? [pair.slice(prefix.length)] : []));
  }
}

function digestOf(id: string): string {
  return createHash('sha256').update(id).digest('base64');
}
