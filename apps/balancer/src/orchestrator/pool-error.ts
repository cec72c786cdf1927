// Owns how a request to the pool, or its start, fails: a code, an HTTP status and a reason an operator can read. Putting
// it into an answer is admin's, printing it at the start is main's.

export type PoolErrorCode =
  | 'too_many_hostnames' // more names than the call adds or removes
  | 'bad_count' // n is no whole number from 1, or takes the pool past a limit
  | 'bad_hostname' // a name outside the grammar
  | 'duplicate_hostname' // twice in one list
  | 'name_taken' // /add of a member
  | 'bad_weight' // not above 0, or above the limit
  | 'unplaceable' // the placement refuses the membership
  | 'unknown_name' // /rm or a wait on what is no member
  | 'unknown_replica' // a path that names no member
  | 'last_ready' // to be drained, and nobody else serves
  | 'not_restartable' // the pool did not make it
  | 'not_deployable' // the pool did not make its replicas
  | 'bad_deploy' // a field that no replica here can run by, or an image that cannot be had
  | 'deploy_under_way' // one deploy at a time
  | 'no_deploy' // none to be shown, cancelled or taken back
  | 'deploy_failed' // waited for, and it was rolled back
  | 'drained' // waited for, and it serves only after an undrain
  | 'removed' // waited for, and removed meanwhile
  | 'storage' // the state cannot be written: nothing changed
  | 'wait_timeout'
  | 'wait_aborted'
  | 'quarantined'
  | 'no_output' // the replica has no log to be read
  | 'engine' // the engine fails, or does not answer
  | 'not_running'; // before the start, or while it ends

const STATUS: Readonly<Record<PoolErrorCode, number>> = {
  too_many_hostnames: 400,
  bad_count: 400,
  bad_hostname: 400,
  duplicate_hostname: 400,
  name_taken: 400,
  bad_weight: 400,
  unplaceable: 400,
  unknown_name: 400,
  unknown_replica: 404,
  last_ready: 409,
  not_restartable: 409,
  not_deployable: 409,
  bad_deploy: 400,
  deploy_under_way: 409,
  no_deploy: 404,
  deploy_failed: 409,
  drained: 409,
  removed: 409,
  storage: 503,
  wait_timeout: 503,
  wait_aborted: 503,
  quarantined: 503,
  no_output: 409,
  engine: 503,
  not_running: 503,
};

const RETRYABLE: ReadonlySet<PoolErrorCode> = new Set([
  'storage',
  'wait_timeout',
  'wait_aborted',
  'engine',
  'not_running',
]);

/** What an error points at: the field of the call and the value that was refused, or the replica that kept it waiting. */
export interface PoolErrorSubject {
  readonly field?:
    | 'n'
    | 'hostnames'
    | 'add'
    | 'remove'
    | 'weights'
    | 'weight'
    | 'image'
    | 'pull'
    | 'command'
    | 'env'
    | 'port'
    | 'maxSurge';
  readonly value?: unknown;
  readonly replica?: string;
}

export class PoolError extends Error {
  readonly status: number;
  /** The same call may succeed later without being changed. */
  readonly retryable: boolean;
  readonly field?: PoolErrorSubject['field'];
  readonly value?: unknown;
  readonly replica?: string;

  constructor(
    readonly code: PoolErrorCode,
    message: string,
    subject: PoolErrorSubject = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'PoolError';
    this.status = STATUS[code];
    this.retryable = RETRYABLE.has(code);
    this.field = subject.field;
    this.value = subject.value;
    this.replica = subject.replica;
  }
}

export type StartErrorCode =
  | 'locked' // another balancer runs this pool
  | 'state_dir' // the folder cannot be used, or belongs to another pool
  | 'runtime_changed' // the pool lives on another runtime
  | 'runtime' // network, image or command cannot be prepared
  | 'standby' // the workload cannot have standbys
  | 'ring' // the algorithm cannot place the members
  | 'admin_port' // cannot be bound
  | 'data_plane' // the data process does not come up
  | 'interrupted'; // told to end before it was up

/** Why the balancer does not start: one line that an operator can act on. */
export class StartError extends Error {
  constructor(
    readonly code: StartErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'StartError';
  }
}

/** @param cause why it cannot be made, read or written */
export function unusableStateDir(dir: string, cause: unknown): StartError {
  const { message } = cause as Error;
  return new StartError(
    'state_dir',
    `STATE_DIR ${dir} cannot be used: ${message}. Set it to a folder that this user may write.`,
    { cause },
  );
}
