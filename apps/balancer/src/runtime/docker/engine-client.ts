// Owns each single call to the Docker engine: a deadline on it, and its failure in our words. Which calls are made is the
// other files' of this folder.
import Docker from 'dockerode';
import { existsSync } from 'node:fs';
import { RuntimeError } from '../runtime-error.js';

/** Longest wait for one call, in milliseconds. Generous: they only keep a hung engine from freezing us. */
export interface Deadlines {
  /** list, inspect, info. */
  readonly query: number;
  /** create, start, remove, networks. */
  readonly change: number;
  /** On top of the grace of a stop. */
  readonly stop: number;
}

export const DEFAULT_DEADLINES: Deadlines = { query: 5_000, change: 30_000, stop: 10_000 };

/** How replicas are dialled: at the container's own address, or at a port published on loopback. */
export type Reach = 'address' | 'published';

export interface EngineInfo {
  /** Undefined where the engine makes up a new one each time. */
  readonly id: string | undefined;
  readonly version: string;
  /** In Docker's words: `x86_64`, `aarch64`, … */
  readonly architecture: string;
  readonly reach: Reach;
}

interface RawInfo {
  readonly ID?: string;
  readonly ServerVersion?: string;
  readonly Architecture?: string;
  readonly OperatingSystem?: string;
  readonly SecurityOptions?: readonly string[] | null;
}

export class EngineClient {
  constructor(
    readonly docker: Docker = connect(),
    readonly deadlines: Deadlines = DEFAULT_DEADLINES,
  ) {}

  /**
   * @param what completes "the engine did not … in time"
   * @throws RuntimeError `unreachable`, `timeout`, or `failed` with the engine's own reason (its status: `statusOf`)
   */
  async call<T>(what: string, deadlineMs: number, run: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    const deadline = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    // Raced as well as aborted: a call must end in time even where the abort gets stuck.
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new RuntimeError('timeout', `the engine did not ${what} within ${deadlineMs} ms`));
        deadline.abort();
      }, deadlineMs);
    });
    const running = run(deadline.signal);
    running.catch(() => {});
    try {
      return await Promise.race([running, late]);
    } catch (error) {
      throw toRuntimeError(error);
    } finally {
      clearTimeout(timer);
    }
  }

  query<T>(what: string, run: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    return this.call(what, this.deadlines.query, run);
  }

  change<T>(what: string, run: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    return this.call(what, this.deadlines.change, run);
  }

  async info(): Promise<EngineInfo> {
    // The typings know of no options here, the library does.
    const ask = this.docker.info.bind(this.docker) as (options: object) => Promise<RawInfo>;
    const info = await this.query('say what it is', (abortSignal) => ask({ abortSignal }));
    return {
      id: info.ID || undefined,
      version: info.ServerVersion ?? 'of unknown version',
      architecture: info.Architecture ?? '',
      reach: reachOf(info),
    };
  }
}

/**
 * On Linux a container's address is dialled, which costs nothing; so it is wherever the balancer runs in a container
 * itself. An engine in a virtual machine or a user namespace has bridge addresses that do not route from here.
 */
function reachOf({ OperatingSystem, SecurityOptions }: RawInfo): Reach {
  if (existsSync('/.dockerenv')) return 'address';
  const rootless = (SecurityOptions ?? []).some((option) => option.startsWith('name=rootless'));
  return process.platform === 'linux' && OperatingSystem !== 'Docker Desktop' && !rootless ? 'address' : 'published';
}

/** At DOCKER_HOST, else at the default socket; nothing is sent yet. @throws RuntimeError code `bad_spec` */
function connect(): Docker {
  try {
    return new Docker();
  } catch (error) {
    const reason = `DOCKER_HOST="${process.env.DOCKER_HOST}" cannot be used: ${(error as Error).message}`;
    throw new RuntimeError('bad_spec', reason, { cause: error });
  }
}

/** The engine's HTTP status behind a failure; undefined when it gave none. */
export function statusOf(error: unknown): number | undefined {
  const cause: unknown = error instanceof RuntimeError ? error.cause : error;
  return (cause as { statusCode?: number } | undefined)?.statusCode;
}

/** For calls whose silence means that nothing is known: an engine that hangs is the same as one that is gone. */
export function unknownInTime(error: unknown): unknown {
  if (!(error instanceof RuntimeError) || error.code !== 'timeout') return error;
  return new RuntimeError('unreachable', error.message, { cause: error });
}

/** A handler for `catch` that takes these statuses of the engine for success, with nothing as the result. */
export function unlessStatus(...statuses: readonly number[]): (error: unknown) => undefined {
  return (error) => {
    if (!statuses.includes(statusOf(error) ?? 0)) throw error;
  };
}

export function toRuntimeError(error: unknown): RuntimeError {
  if (error instanceof RuntimeError) return error;
  const { statusCode, json, code, message } = error as NodeJS.ErrnoException & {
    statusCode?: number;
    json?: { message?: string } | null;
  };
  if (statusCode !== undefined) return new RuntimeError('failed', json?.message ?? message, { cause: error });
  const reason = UNREACHABLE[code ?? ''] ?? `it cannot be reached (${message})`;
  return new RuntimeError('unreachable', `no answer from the Docker engine: ${reason}`, { cause: error });
}

const UNREACHABLE: Readonly<Record<string, string>> = {
  ENOENT: 'it has no socket here (is Docker installed and running?)',
  ECONNREFUSED: 'nothing listens there (is Docker running?)',
  EACCES: 'this user may not use its socket (is it in the group "docker"?)',
  ECONNRESET: 'it closed the connection',
};
