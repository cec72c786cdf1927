// Owns the files of the data process in STATE_DIR: its socket, its log, and the note of who it is. The note is written by
// control alone, so that nobody who took over the data process can make control signal another one.
import { closeSync, openSync, renameSync, statSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { ProcessIdentity } from '../../platform/process-identity.js';

/** Longest path of a Unix socket that every system takes. */
const MAX_SOCKET_PATH = 103;
const MAX_LOG = 4 * 1024 ** 2;

const record = z.object({ pid: z.int().min(2), startTime: z.string().min(1) });

export class DataFiles {
  readonly socket: string;
  readonly #folder: string;
  readonly #record: string;
  readonly #log: string;

  /** @throws Error when the path is too long for a Unix socket */
  constructor(stateDir: string) {
    this.#folder = resolve(stateDir);
    this.socket = resolve(stateDir, 'data.sock');
    this.#record = resolve(stateDir, 'data.pid');
    this.#log = resolve(stateDir, 'data.log');
    if (Buffer.byteLength(this.socket) > MAX_SOCKET_PATH) {
      throw new Error(
        `STATE_DIR="${stateDir}" is too long: ${this.socket} must have at most ${MAX_SOCKET_PATH} bytes to be the path of a socket`,
      );
    }
  }

  async prepare(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
  }

  /** The data process that was started last; it may be gone. */
  async readRecord(): Promise<ProcessIdentity | undefined> {
    const text = await readFile(this.#record, 'utf8').catch(() => '');
    try {
      return record.safeParse(JSON.parse(text)).data;
    } catch {
      return undefined;
    }
  }

  async writeRecord(identity: ProcessIdentity): Promise<void> {
    const fresh = `${this.#record}.new`;
    await writeFile(fresh, JSON.stringify(identity), { mode: 0o600 });
    await rename(fresh, this.#record);
  }

  /** Once it has ended: it may have had no right to remove its own socket. */
  async forget(): Promise<void> {
    await rm(this.#record, { force: true });
    await rm(this.socket, { force: true });
  }

  /** Descriptor for the output of a new data process. The log of the ones before is kept once. */
  openLog(): { readonly fd: number; close(): void } {
    if ((statSync(this.#log, { throwIfNoEntry: false })?.size ?? 0) > MAX_LOG) renameSync(this.#log, `${this.#log}.1`);
    const fd = openSync(this.#log, 'a', 0o600);
    return { fd, close: () => closeSync(fd) };
  }

  get log(): string {
    return this.#log;
  }
}
