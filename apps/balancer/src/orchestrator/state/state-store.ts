// Owns STATE_DIR/identity.json and state.json: reading them at the start, setting damaged ones aside, and changing the
// state so that memory and disk never differ by more than a write that failed. What is in them is pool-state.ts's.
import { mkdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { syncFolder, writeDurably, type WriteFile } from './durable-file.js';
import { PoolError, StartError, unusableStateDir } from '../pool-error.js';
import { type Identity, parseIdentity, parseState, type PoolState } from './pool-state.js';

/**
 * With what is missing above it. Folder by folder: where the system knows a folder and yet says of one in it that there is no such
 * place (/proc), node's recursive mkdir tries for ever.
 */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || (await isThere(parent))) throw error;
    await makeFolder(parent);
    await makeFolder(path);
  }
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** A file as it was found. `setAside`: it was damaged and now lies there, for people to look at. */
export interface Found<T> {
  readonly value: T | undefined;
  readonly setAside: { readonly path: string; readonly reason: string } | null;
}

export class StateStore {
  private state: PoolState | undefined;
  /** Writes are queued: each change is made to the state that the one before has left. */
  private lastWrite: Promise<unknown> = Promise.resolve();

  constructor(
    readonly dir: string,
    private readonly write: WriteFile = writeDurably,
  ) {}

  /** @throws StartError when the folder cannot be used */
  async prepareFolder(): Promise<void> {
    try {
      // The mode of a folder that exists is its owner's choice: STATE_DIR may be shared. Every file in it is 0600.
      await makeFolder(resolve(this.dir));
    } catch (error) {
      throw unusableStateDir(this.dir, error);
    }
  }

  /** @throws StartError when it cannot be read */
  async readIdentity(): Promise<Found<Identity>> {
    return this.read('identity.json', parseIdentity);
  }

  /** @throws StartError when it cannot be written */
  async writeIdentity(identity: Identity): Promise<void> {
    try {
      await this.write(join(this.dir, 'identity.json'), `${JSON.stringify(identity, null, 2)}\n`);
    } catch (error) {
      throw new StartError(
        'state_dir',
        `The pool's identity cannot be stored in ${this.dir}: ${(error as Error).message}`,
        { cause: error },
      );
    }
  }

  /** @throws StartError when it cannot be read */
  async readState(): Promise<Found<PoolState>> {
    const found = await this.read('state.json', parseState);
    this.state = found.value;
    return found;
  }

  /** @throws Error before there is a state */
  get current(): PoolState {
    if (!this.state) throw new Error('the pool has no state yet');
    return this.state;
  }

  /** The first state of a pool. @throws PoolError `storage` */
  async begin(state: PoolState): Promise<void> {
    await this.queue(async () => {
      await this.save(state);
      this.state = state;
    });
  }

  /** Durable once it resolves; memory changes only if the disk did. @throws PoolError `storage` and nothing has changed */
  async update(change: (state: PoolState) => PoolState): Promise<PoolState> {
    return this.queue(async () => {
      const next = change(this.current);
      await this.save(next);
      return (this.state = next);
    });
  }

  /** Changes memory even when the disk refuses; the next write that succeeds carries it. @returns why it was refused, or null */
  async updateAnyway(change: (state: PoolState) => PoolState): Promise<PoolError | null> {
    return this.queue(async () => {
      this.state = change(this.current);
      return this.save(this.state).then(
        () => null,
        (error: PoolError) => error,
      );
    });
  }

  /** The state is deleted, the identity stays. */
  async forget(): Promise<void> {
    await this.queue(async () => {
      await unlink(join(this.dir, 'state.json')).catch(() => {});
      await syncFolder(this.dir).catch(() => {});
    });
  }

  private async read<T>(name: string, parse: (text: string) => T): Promise<Found<T>> {
    const path = join(this.dir, name);
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { value: undefined, setAside: null };
      throw new StartError('state_dir', `${path} cannot be read: ${(error as Error).message}`, { cause: error });
    }
    try {
      return { value: parse(text), setAside: null };
    } catch (error) {
      const aside = `${path}.broken-${new Date().toISOString().replaceAll(':', '')}`;
      await rename(path, aside).catch((cause: Error) => {
        throw new StartError('state_dir', `${path} is damaged and cannot be set aside: ${cause.message}`, { cause });
      });
      return { value: undefined, setAside: { path: aside, reason: (error as Error).message } };
    }
  }

  private async save(state: PoolState): Promise<void> {
    const text = `${JSON.stringify({ ...state, savedAt: new Date().toISOString() }, null, 2)}\n`;
    try {
      await this.write(join(this.dir, 'state.json'), text);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
      throw new PoolError(
        'storage',
        `The pool's state cannot be stored (${code}); nothing has changed`,
        {},
        { cause: error },
      );
    }
  }

  private queue<T>(job: () => Promise<T>): Promise<T> {
    const result = this.lastWrite.then(job);
    this.lastWrite = result.catch(() => {});
    return result;
  }
}
