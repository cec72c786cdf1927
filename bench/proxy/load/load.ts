// Owns the load process from outside: its start on its core, and its orders one after the other.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onCore } from '../cores.ts';
import type { Order, Ran, Reply, Target } from './orders.ts';

export class Load {
  readonly #child: ChildProcess;

  /** @param core that it runs on and no other */
  constructor(core: number) {
    const [command, args] = onCore(core, process.execPath, [join(import.meta.dirname, 'load-process.ts')]);
    this.#child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  }

  /** @throws Error when a connection is refused or a first answer is not right */
  async open(target: Target): Promise<void> {
    await this.#order({ type: 'open', target });
  }

  /** @throws Error when any answer is not right: nothing is measured of a proxy that errs */
  async run(milliseconds: number): Promise<Ran> {
    return ran(await this.#order({ type: 'run', milliseconds }));
  }

  async send(requests: number): Promise<Ran> {
    return ran(await this.#order({ type: 'send', requests }));
  }

  async close(): Promise<void> {
    await this.#order({ type: 'close' });
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.disconnect();
    await exit;
  }

  async #order(order: Order): Promise<Ran | null> {
    const reply = await new Promise<Reply>((resolve, reject) => {
      const ended = () => reject(new Error('the load process ended'));
      this.#child.once('exit', ended);
      this.#child.once('message', (message) => {
        this.#child.off('exit', ended);
        resolve(message as Reply);
      });
      this.#child.send(order);
    });
    if ('failed' in reply) throw new Error(reply.failed);
    return reply.done;
  }
}

function ran(done: Ran | null): Ran {
  if (!done) throw new Error('the load process measured nothing');
  return done;
}
