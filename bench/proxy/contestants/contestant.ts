// Owns what a program must be to be measured here. Each has a file beside this one.
import type { Replica } from '../answering/answering.ts';
import type { Cores } from '../cores.ts';

export interface Contestant {
  readonly port: number;
  /** Whose cost is counted, with their descendants. */
  readonly pids: readonly number[];
  end(): Promise<void>;
}

export interface ContestantKind {
  /** As --peers and the result file name it. */
  readonly id: string;
  readonly name: string;
  /** undefined: not installed here, so not measured. */
  version(): string | undefined;
  /** Runs on the proxy's core alone. @throws Error when it does not come up */
  start(replicas: readonly Replica[], cores: Cores): Promise<Contestant>;
}
