// Owns what operators may read of a replica's output: the last lines of the instance that fills its slot, and what follows
// them. Getting at the output is the runtime's, sending it admin's.
import type { ReplicaRuntime } from '../../runtime/replica-runtime.js';
import { RuntimeError } from '../../runtime/runtime-error.js';
import type { Pool } from '../pool.js';
import { PoolError } from '../pool-error.js';

export class ReplicaLogs {
  /** @param running the pool; @throws PoolError not_running */
  constructor(
    private readonly runtime: ReplicaRuntime,
    private readonly running: () => Pool,
  ) {}

  /** The last lines, oldest first. @throws PoolError not_running, unknown_replica, no_output, engine */
  async tail(name: string, lines: number): Promise<string[]> {
    const id = this.instanceOf(name);
    try {
      return await this.runtime.logs(id, lines);
    } catch (error) {
      throw asPoolError(error);
    }
  }

  /**
   * The last lines, then each as it is written, until the instance has ended or the signal is given. Nothing is read ahead of
   * who iterates. @throws PoolError as `tail` does: at once what is known at once, the rest from the iteration
   */
  follow(name: string, lines: number, signal: AbortSignal): AsyncIterable<string> {
    return toPoolErrors(this.runtime.follow(this.instanceOf(name), lines, signal));
  }

  private instanceOf(name: string): string {
    const { store, reconciler } = this.running();
    if (!store.current.members.some((member) => member.name === name))
      throw new PoolError('unknown_replica', `replica ${JSON.stringify(name)} does not exist`, { replica: name });
    if (this.runtime.kind === 'static') {
      const reason = 'it runs elsewhere, and so does its output (RUNTIME=static)';
      throw new PoolError('no_output', `${name} has no log here: ${reason}`, { replica: name });
    }
    const phase = reconciler.phases.get(name);
    if (phase?.instance) return phase.instance.id;
    const reason = `it has no instance now (${phase?.reason ?? phase?.state ?? 'starting'})`;
    throw new PoolError('no_output', `${name} has no log: ${reason}; lastExit in /api/replicas has the last lines`, {
      replica: name,
    });
  }
}

async function* toPoolErrors(lines: AsyncIterable<string>): AsyncGenerator<string> {
  try {
    yield* lines;
  } catch (error) {
    throw asPoolError(error);
  }
}

function asPoolError(error: unknown): unknown {
  if (!(error instanceof RuntimeError)) return error;
  return new PoolError('engine', `The output cannot be read now: ${error.message}`, {}, { cause: error });
}
