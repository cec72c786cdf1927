// Owns the birth of a data process: a detached child with a bare environment, and what its early end means in words.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { DataFiles } from './data-files.js';
import { birthEnvironment, type DataBirth, maxAnswerHead } from './data-settings.js';
import { DATA_EXIT } from './exit-codes.js';
import { identify, type ProcessIdentity } from '../../platform/process-identity.js';

export type DataProcessErrorCode =
  | 'port_taken'
  | 'address_unavailable'
  | 'not_permitted'
  | 'bad_user'
  | 'bad_access_log'
  | 'crashed'
  | 'timeout'
  | 'in_use';

/** Why there is no data process. */
export class DataProcessError extends Error {
  constructor(
    readonly code: DataProcessErrorCode,
    reason: string,
  ) {
    super(reason);
    this.name = 'DataProcessError';
  }

  /** It may come up at another try without anybody's help. */
  get retryable(): boolean {
    return this.code === 'crashed' || this.code === 'timeout' || this.code === 'port_taken';
  }
}

export interface DataChild {
  readonly identity: ProcessIdentity;
  /** Set once it has ended. */
  ended(): DataProcessError | undefined;
}

/** @param entry the built data.main.js */
export async function startDataChild(entry: string, birth: DataBirth, files: DataFiles): Promise<DataChild> {
  const log = files.openLog();
  let error: DataProcessError | undefined;
  try {
    // The standard lane cannot tell node's client any other way.
    const limit = `--max-http-header-size=${maxAnswerHead(birth.settings)}`;
    const child = spawn(process.execPath, [limit, entry], {
      // A session of its own: Ctrl-C in the terminal reaches control only. A file, not a pipe: control may die.
      detached: true,
      stdio: ['ignore', log.fd, log.fd, ...(writesToOurOutput(birth) ? [process.stdout.fd] : [])],
      env: birthEnvironment(birth),
      cwd: '/',
    });
    child.on('exit', (code, signal) => (error ??= explainExit(code, signal, birth, files.log)));
    child.on(
      'error',
      (cause) => (error ??= new DataProcessError('crashed', `the data process did not start: ${cause.message}`)),
    );
    if (child.pid === undefined) await once(child, 'error').catch(() => undefined);
    child.unref();
    const identity = child.pid === undefined ? undefined : await identify(child.pid);
    if (!identity)
      throw error ?? new DataProcessError('crashed', `the data process ended at once; ${files.log} may say why`);
    return { identity, ended: () => error };
  } finally {
    log.close();
  }
}

/** It gets our own descriptor: lines go on while no control process is there. */
function writesToOurOutput({ settings: { accessLog } }: DataBirth): boolean {
  return accessLog.part > 0 && accessLog.file === null;
}

function explainExit(code: number | null, signal: string | null, birth: DataBirth, log: string): DataProcessError {
  const { host, user, accessLog } = birth.settings;
  const where = `${host.includes(':') ? `[${host}]` : host}:${birth.port}`;
  switch (code) {
    case DATA_EXIT.portTaken:
      return new DataProcessError(
        'port_taken',
        `the data port ${where} is taken by another program: end it, or set PORT`,
      );
    case DATA_EXIT.addressUnavailable:
      return new DataProcessError('address_unavailable', `HOST="${host}" is no address of this machine`);
    case DATA_EXIT.notPermitted:
      return new DataProcessError(
        'not_permitted',
        `the data port ${where} may not be bound by this user: set PORT to 1024 or above`,
      );
    case DATA_EXIT.badUser:
      return new DataProcessError('bad_user', `the data process could not become DATA_USER="${user}"; ${log} says why`);
    case DATA_EXIT.badAccessLog:
      return new DataProcessError(
        'bad_access_log',
        `ACCESS_LOG_FILE="${accessLog.file ?? 'stdout'}" cannot be opened for writing; ${log} says why`,
      );
    default:
      return new DataProcessError(
        'crashed',
        `the data process ended (${signal ?? `exit code ${code}`}); ${log} may say why`,
      );
  }
}
