// Owns what every command works with: the balancer that it speaks to, where it writes, how, and when it is to end. The process
// behind it is main.ts's.
import type { Command } from 'commander';
import { Client } from './client.js';
import { type Environment, targetOf } from './target.js';

/** The program's surroundings. */
export interface Surroundings {
  readonly env: Environment;
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: { write(text: string): unknown };
  /** Ctrl-C. */
  readonly signal: AbortSignal;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

export interface GlobalOptions {
  readonly url?: string;
  readonly json?: boolean;
}

export class Session {
  readonly client: Client;
  readonly json: boolean;
  /** Ctrl-C: ends calls that are under way, and what would go on for ever. */
  readonly signal: AbortSignal;

  /** @throws UsageError */
  constructor(
    readonly surroundings: Surroundings,
    { url, json = false }: GlobalOptions,
  ) {
    this.client = new Client(targetOf(url, surroundings.env), surroundings.signal);
    this.json = json;
    this.signal = surroundings.signal;
  }

  /** A live picture makes sense only where somebody sees it. */
  get live(): boolean {
    return this.surroundings.stdout.isTTY === true && !this.json;
  }

  /** Of the terminal; output that goes elsewhere is never cut. */
  get width(): number {
    return this.surroundings.stdout.isTTY === true ? (this.surroundings.stdout.columns ?? 80) : Infinity;
  }

  now(): number {
    return this.surroundings.now();
  }

  /** The answer as it came with --json, else in words. */
  tell<T>(answer: T, words: (answer: T) => string | readonly string[]): void {
    if (this.json) this.write(`${JSON.stringify(answer)}\n`);
    else this.print(words(answer));
  }

  print(lines: string | readonly string[]): void {
    this.write(
      [lines]
        .flat()
        .map((line) => `${line}\n`)
        .join(''),
    );
  }

  write(text: string): void {
    this.surroundings.stdout.write(text);
  }

  /** Beside the output, so that pipes do not carry it. */
  remark(line: string): void {
    this.surroundings.stderr.write(`${line}\n`);
  }
}

/** What a command does; it throws what it cannot. */
export type Work<A extends unknown[]> = (session: Session, ...args: A) => Promise<void>;

/** The action of a command: arguments and options as commander gives them, behind a session. */
export function inSession<A extends unknown[]>(surroundings: Surroundings, work: Work<A>) {
  return async (...given: unknown[]): Promise<void> => {
    const command = given.pop() as Command;
    const session = new Session(surroundings, command.optsWithGlobals<GlobalOptions>());
    await work(session, ...(given as A));
  };
}
