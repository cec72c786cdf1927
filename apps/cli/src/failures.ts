// Owns how a command ends: the exit codes that scripts rely on, and the errors that lead to them. Printing is main.ts's.

export const EXIT = {
  ok: 0,
  /** The balancer refused the call or could not do it; or what was waited for did not come. */
  failed: 1,
  /** The command line makes no sense; nothing was sent. */
  usage: 2,
  /** Nobody answers at that address, or who does is no HashFlow. */
  unreachable: 3,
  /** 401, 403 or 429: token or address are not let in. */
  denied: 4,
  /** Ctrl-C. */
  interrupted: 130,
} as const;

export class UsageError extends Error {
  readonly exitCode = EXIT.usage;
}

export class UnreachableError extends Error {
  readonly exitCode = EXIT.unreachable;
}

/** The balancer answered, and not with what was asked for. */
export class RefusedError extends Error {
  readonly exitCode: number;

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.exitCode = [401, 403, 429].includes(status) ? EXIT.denied : EXIT.failed;
  }
}

/** What was begun did not end well. */
export class DeployFailedError extends Error {
  readonly exitCode = EXIT.failed;
}

export type Failure = UsageError | UnreachableError | RefusedError | DeployFailedError;

export function isFailure(error: unknown): error is Failure {
  return [UsageError, UnreachableError, RefusedError, DeployFailedError].some((kind) => error instanceof kind);
}
