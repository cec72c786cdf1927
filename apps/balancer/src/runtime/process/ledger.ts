// Owns STATE_DIR/processes.json: which processes this pool has started, so that a later balancer knows the leftovers of a
// killed one from everybody else's processes. Ending them is leftovers.ts's.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../../telemetry/logger.js';
import type { Place } from '../replica-runtime.js';

const SCHEMA = 1;

export interface LedgerEntry {
  readonly id: string;
  readonly slot: string;
  readonly generation: number;
  readonly specHash: string;
  readonly port: number;
  /** Null between the intent to start it and the start: a balancer may die just there. */
  readonly pid: number | null;
  readonly startTime: string | null;
  /** Epoch milliseconds. */
  readonly startedAt: number;
}

export class Ledger {
  private readonly file: string;
  private readonly entries = new Map<string, LedgerEntry>();

  constructor(
    private readonly stateDir: string,
    private readonly logger: Logger,
  ) {
    this.file = join(stateDir, 'processes.json');
  }

  /** What is written there, which is then what this ledger holds. A broken file is set aside and counts as empty. */
  load(): LedgerEntry[] {
    this.entries.clear();
    for (const entry of this.read()) this.entries.set(entry.id, entry);
    return [...this.entries.values()];
  }

  /** On disk when it returns. */
  put(entry: LedgerEntry): void {
    this.entries.set(entry.id, entry);
    this.write();
  }

  /** An instance that was not started, or has ended, is not in here and need not be. */
  move(id: string, place: Place): void {
    const entry = this.entries.get(id);
    if (entry) this.put({ ...entry, ...place });
  }

  delete(id: string): void {
    if (this.entries.delete(id)) this.write();
  }

  /** Removes the file. */
  destroy(): void {
    this.entries.clear();
    rmSync(this.file, { force: true });
  }

  private read(): LedgerEntry[] {
    let text: string;
    try {
      text = readFileSync(this.file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
    try {
      const content = JSON.parse(text) as { schema?: unknown; processes?: unknown };
      if (content.schema === SCHEMA && Array.isArray(content.processes)) return content.processes as LedgerEntry[];
    } catch {
      // Not JSON: set aside like any other file that we did not write.
    }
    const aside = `${this.file}.broken`;
    renameSync(this.file, aside);
    this.logger.warn(
      { aside },
      'the list of replica processes cannot be read: set aside; leftovers may have to be ended by hand',
    );
    return [];
  }

  // Synchronous, so that an entry is on disk before its process exists, and no two writes cross. Renamed into place, so that
  // a reader never sees half of it. Not fsynced: what makes a disk forget it (power loss) ends the processes as well.
  private write(): void {
    mkdirSync(this.stateDir, { recursive: true, mode: 0o700 });
    const temporary = `${this.file}.tmp`;
    const content = { schema: SCHEMA, processes: [...this.entries.values()] };
    writeFileSync(temporary, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
    renameSync(temporary, this.file);
  }
}
