// Owns the one error class of the library. What a bad membership or option means to a caller is the caller's to say.

export type HashingErrorCode =
  | 'empty_id'
  | 'duplicate_id'
  | 'unknown_id'
  | 'bad_weight'
  | 'weights_not_supported'
  | 'too_many_members'
  | 'too_many_points'
  | 'bad_seed'
  | 'bad_option'
  | 'unknown_algorithm'
  | 'order_too_short';

/** Thrown for a membership or an option that no placement can be built from. Trying the same again never helps. */
export class HashingError extends Error {
  readonly retryable = false;

  constructor(
    readonly code: HashingErrorCode,
    reason: string,
  ) {
    super(reason);
    this.name = 'HashingError';
  }
}
