// Owns how a runtime fails: a code, whether trying again can help, and a reason an operator can read.

export type RuntimeErrorCode =
  | 'unreachable' // the engine does not answer: nothing is known, nothing is planned
  | 'timeout' // one call took longer than its deadline
  | 'image_missing'
  | 'bad_spec' // the engine or the OS refuses what was asked (no such command, bad option)
  | 'conflict' // the name is held by something that is not ours or of another generation
  | 'failed';

/** Codes that a retry cannot mend: the slot is quarantined at once. */
const UNRECOVERABLE: ReadonlySet<RuntimeErrorCode> = new Set(['image_missing', 'bad_spec']);

export class RuntimeError extends Error {
  readonly retryable: boolean;

  constructor(
    readonly code: RuntimeErrorCode,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(reason, options);
    this.name = 'RuntimeError';
    this.retryable = !UNRECOVERABLE.has(code);
  }
}
