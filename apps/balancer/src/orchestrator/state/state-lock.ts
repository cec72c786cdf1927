// Owns who may run the pool of a STATE_DIR: one process at a time, told by pid and start time, so that a dead holder's
// reused pid locks nobody out. Plain files, no daemon.
import { randomUUID } from 'node:crypto';
import { link, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { identify, isAlive } from '../../platform/process-identity.js';
import { StartError, unusableStateDir } from '../pool-error.js';

/** `pool` is for whoever is refused: the folder may be another pool's. */
const Holder = z.object({ token: z.uuid(), pid: z.number().int(), startTime: z.string(), pool: z.string().optional() });
type Holder = z.infer<typeof Holder>;

const ROOT = 'lock';
const MOST_TRIES = 50;

/**
 * The protocol. `lock` names a holder by a token of its own. A dead holder is not removed but succeeded: whoever creates
 * `lock.TOKEN` of the dead one is next, and creating (link of a complete file) succeeds for exactly one racer. A claim
 * counts only if the chain from `lock` still leads to it; a racer who looked too long ago sees that it does not and looks
 * again. The holder then moves its claim up to `lock`: readers find either the old chain, which ends in the living
 * holder, or the new root, which is that holder.
 */
export class StateLock {
  private constructor(
    private readonly dir: string,
    private readonly holder: Holder,
  ) {}

  /** @throws StartError `locked` when another balancer runs the pool, `state_dir` when this user cannot use the folder */
  static async acquire(dir: string, pool: string, pid = process.pid): Promise<StateLock> {
    try {
      return await StateLock.take(dir, pool, pid);
    } catch (error) {
      throw error instanceof StartError ? error : unusableStateDir(dir, error);
    }
  }

  private static async take(dir: string, pool: string, pid: number): Promise<StateLock> {
    const startTime = (await identify(pid))?.startTime ?? 'unknown';
    const holder: Holder = { token: randomUUID(), pid, startTime, pool };
    const claim = join(dir, `claim-${holder.token}`);
    await writeFile(claim, JSON.stringify(holder), { flag: 'wx', mode: 0o600 });
    try {
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        const tail = await findTail(dir);
        if (tail.holder && (await isAlive(tail.holder))) {
          throw lockedBy(tail.holder, dir, pool);
        }
        const file = join(dir, tail.next);
        if (!(await created(claim, file))) continue;
        if ((await findTail(dir)).holder?.token !== holder.token) {
          await unlink(file).catch(() => {});
          continue;
        }
        await collapse(dir, claim);
        return new StateLock(dir, holder);
      }
      throw new StartError(
        'locked',
        `The lock in ${dir} changes hands too fast: other balancers of pool ${pool} start at the same time.`,
      );
    } finally {
      await unlink(claim).catch(() => {});
    }
  }

  /** Idempotent; leaves a lock alone that is not ours any more. */
  async release(): Promise<void> {
    const root = join(this.dir, ROOT);
    if ((await readHolder(root))?.token === this.holder.token) await unlink(root).catch(() => {});
  }
}

/** The refusal that `acquire` would meet now; undefined when nobody living holds the lock. Changes nothing. */
export async function poolHolder(dir: string, pool: string): Promise<StartError | undefined> {
  const { holder } = await findTail(dir).catch(() => ({ holder: undefined }));
  return holder && (await isAlive(holder)) ? lockedBy(holder, dir, pool) : undefined;
}

function lockedBy({ pid, pool: held }: Holder, dir: string, pool: string): StartError {
  const message =
    held === undefined || held === pool
      ? `A balancer of pool ${pool} already runs (pid ${pid}). Stop it first, or choose another POOL and STATE_DIR.`
      : `STATE_DIR ${dir} belongs to pool ${held}, whose balancer runs (pid ${pid}). Give pool ${pool} another STATE_DIR.`;
  return new StartError('locked', message);
}

interface Tail {
  /** Whoever holds the lock or held it last; undefined: nobody ever. */
  readonly holder: Holder | undefined;
  /** File by whose creation that holder is succeeded. */
  readonly next: string;
}

async function findTail(dir: string): Promise<Tail> {
  let tail: Tail = { holder: undefined, next: ROOT };
  for (let holder = await readHolder(join(dir, ROOT)); holder; holder = await readHolder(join(dir, tail.next))) {
    tail = { holder, next: `${ROOT}.${holder.token}` };
  }
  return tail;
}

/** An unreadable lock counts as one of a dead holder: claims are complete before they have their name, so it was damaged. */
async function readHolder(file: string): Promise<Holder | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return Holder.parse(JSON.parse(text));
  } catch {
    return { token: `damaged-${basename(file)}`, pid: 0, startTime: 'damaged' };
  }
}

async function created(claim: string, file: string): Promise<boolean> {
  try {
    await link(claim, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Root first, links of the old chain afterwards: who follows the old chain meanwhile finds us, or fails its check. */
async function collapse(dir: string, claim: string): Promise<void> {
  await rename(claim, join(dir, ROOT));
  for (const name of await readdir(dir)) {
    if (name.startsWith(`${ROOT}.`)) await unlink(join(dir, name)).catch(() => {});
  }
}
