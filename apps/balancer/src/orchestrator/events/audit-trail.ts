// Owns the record of what operators asked for, whatever came of it: the newest in memory, all of them in STATE_DIR/audit.jsonl
// until it is full, one JSON object per line: one when a call begins, one with its result. What stands in an entry, and when one
// is made, is the admin room's.
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync, readSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Logger } from '../../telemetry/logger.js';

const AuditEntry = z.object({
  /** Of the call: what begins it and its result have the same. */
  id: z.string(),
  /** ISO 8601; when it was answered; of what has no result, when it was asked for. */
  at: z.string(),
  /** The socket's address. */
  peer: z.string(),
  /** What let it in: `token`, a valid one came along; `session`, a browser's; `address`, that was enough, or it was refused. */
  by: z.enum(['address', 'token', 'session']),
  port: z.enum(['admin', 'data']),
  method: z.string(),
  /** With the query. */
  path: z.string(),
  /** As JSON where it is some, else as text, cut when it is long; null: none came, or it was not read. */
  body: z.unknown(),
  /** null: there is no answer yet, or the client had left before there was one, or the balancer had ended. */
  status: z.number().int().nullable(),
  result: z.enum(['under-way', 'done', 'refused', 'failed', 'abandoned', 'unfinished']),
  /** Of what was not done, in the words of the answer. */
  reason: z.string().nullable(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

/** In memory, and so in the answer of one question. */
export const MOST_ENTRIES = 1000;
/** A file that has grown beyond this becomes the older one of two. */
const ROTATE_AT = 1024 ** 2;

const CUT_OFF = 'the balancer ended before the answer; what it was asked for may have been done';

export interface AuditTrailOptions {
  /** Bytes. */
  readonly rotateAt?: number;
  readonly mostEntries?: number;
  /** Told after each entry. */
  readonly onAppend?: (entry: AuditEntry) => void;
}

/**
 * Written at once and without a sync: when `append` returns the line is the operating system's, so it survives the end of this
 * process, but not always a power cut. Entries are few and short, so nobody waits for long.
 */
export class AuditTrail {
  /** Oldest first, of each call what was said last; undefined until the files have been read. */
  private entries: AuditEntry[] | undefined;
  private readonly path: string;
  private readonly olderPath: string;
  private readonly rotateAt: number;
  private readonly mostEntries: number;
  private readonly onAppend: (entry: AuditEntry) => void;

  constructor(
    private readonly dir: string,
    private readonly log: Logger,
    { rotateAt = ROTATE_AT, mostEntries = MOST_ENTRIES, onAppend = () => {} }: AuditTrailOptions = {},
  ) {
    this.path = join(dir, 'audit.jsonl');
    this.olderPath = join(dir, 'audit.1.jsonl');
    this.rotateAt = rotateAt;
    this.mostEntries = mostEntries;
    this.onAppend = onAppend;
  }

  /**
   * Takes the place of what was said of the same call before. Never throws: a disk that refuses keeps nobody from changing the
   * pool, and the entry stays in memory.
   */
  append(entry: AuditEntry): void {
    this.entries = [...this.known().filter(({ id }) => id !== entry.id), entry].slice(-this.mostEntries);
    try {
      this.write(`${JSON.stringify(entry)}\n`);
    } catch (error) {
      this.log.error(
        { file: this.path, error: (error as Error).message },
        'an entry of the audit log cannot be written',
      );
    }
    this.onAppend(entry);
  }

  /** Newest first. */
  latest(limit: number): AuditEntry[] {
    return this.known().slice(-limit).reverse();
  }

  private write(line: string): void {
    // A change may be asked for before the pool has made its folder.
    mkdirSync(this.dir, { recursive: true, mode: 0o700 });
    const size = sizeOf(this.path);
    if (size > 0 && size + line.length > this.rotateAt) renameSync(this.path, this.olderPath);
    // A balancer that was killed while it wrote has left half a line; the next one shall not be a part of it.
    const torn = size > 0 && sizeOf(this.path) > 0 && lastByte(this.path, size) !== '\n';
    appendFileSync(this.path, torn ? `\n${line}` : line, { mode: 0o600 });
  }

  private known(): AuditEntry[] {
    this.entries ??= settled([this.olderPath, this.path].flatMap((path) => this.read(path))).slice(-this.mostEntries);
    return this.entries;
  }

  private read(path: string): AuditEntry[] {
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.log.error({ file: path, error: (error as Error).message }, 'the audit log cannot be read');
      return [];
    }
    const lines = text.split('\n').filter((line) => line !== '');
    const entries = lines.flatMap((line) => parse(line) ?? []);
    if (entries.length < lines.length)
      this.log.warn({ file: path, lines: lines.length - entries.length }, 'lines of the audit log cannot be read');
    return entries;
  }
}

/** What an earlier process wrote, the last word of each call. It ended without a result of those that were under way. */
function settled(lines: readonly AuditEntry[]): AuditEntry[] {
  const lastOf = new Map(lines.map((entry) => [entry.id, entry]));
  return lines
    .filter((entry) => lastOf.get(entry.id) === entry)
    .map((entry) => (entry.result === 'under-way' ? { ...entry, result: 'unfinished', reason: CUT_OFF } : entry));
}

function parse(line: string): AuditEntry | undefined {
  try {
    return AuditEntry.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function lastByte(path: string, size: number): string {
  const file = openSync(path, 'r');
  try {
    const byte = Buffer.alloc(1);
    readSync(file, byte, 0, 1, size - 1);
    return byte.toString('latin1');
  } finally {
    closeSync(file);
  }
}
