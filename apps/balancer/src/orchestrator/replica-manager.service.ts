// Owns the pool as others see it: its desired state, its views, its start and its end. What to do about a difference
// between desired and observed is plan.ts's; doing it is the reconciler's.
import { Inject, Injectable } from '@nestjs/common';
import { Settings } from '../config/config.module.js';
import { DataLink } from '../routing/link/data-link.js';
import { type Progress, ReplicaRuntime } from '../runtime/replica-runtime.js';
import { Logger } from '../telemetry/logger.js';
import { PoolError } from './pool-error.js';
import type { Change, ChangeRequest, PoolSummary, ReplicaView, ShutdownOptions, WaitOptions } from './replica-view.js';

@Injectable()
export class ReplicaManager {
  constructor(
    @Inject(Settings) protected readonly settings: Settings,
    @Inject(ReplicaRuntime) protected readonly runtime: ReplicaRuntime,
    @Inject(DataLink) protected readonly link: DataLink,
    @Inject(Logger) protected readonly log: Logger,
  ) {}

  /** @throws StartError */
  async start(_progress?: Progress): Promise<void> {
    throw notRunning();
  }
  names(): readonly string[] {
    throw notRunning();
  }
  replicas(): ReplicaView[] {
    throw notRunning();
  }
  summary(): PoolSummary {
    throw notRunning();
  }
  isReady(): boolean {
    return false;
  }
  /** @throws PoolError */
  async add(_request: ChangeRequest): Promise<Change> {
    throw notRunning();
  }
  /** @throws PoolError */
  async remove(_request: ChangeRequest): Promise<Change> {
    throw notRunning();
  }
  /** @throws PoolError */
  async whenReady(_names: readonly string[], _options?: WaitOptions): Promise<void> {
    throw notRunning();
  }
  /** @throws PoolError */
  async whenGone(_names: readonly string[], _options?: WaitOptions): Promise<void> {
    throw notRunning();
  }
  onChange(_listener: () => void): () => void {
    return () => {};
  }
  async shutdown(_mode: 'end' | 'leave', _options?: ShutdownOptions): Promise<void> {}
}

function notRunning(): PoolError {
  return new PoolError('not_running', 'The pool is not running yet');
}
