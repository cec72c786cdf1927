// Owns the files behind REPLICA_SPEC: the compose file, the `.env` beside it, env files; each bounded. What they mean is
// compose-service.ts's.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { type Environment, readEnvironment, SettingsError } from '../../config/load.js';
import type { ReadEnvFile } from './compose-environment.js';
import { composeService, type ServiceSpec } from './compose-service.js';

/** Far more than a compose file needs. */
const MAX_BYTES = 1024 * 1024;

export interface SpecRequest {
  /** REPLICA_SPEC: `compose.yaml#web`, relative to the working directory. */
  readonly reference: string;
  /** REPLICA_PORT and HEALTH_PATH, which win over the file. */
  readonly port?: number;
  readonly healthPath?: string;
  /** What variables are taken from; `.env` beside the file supplies what is not in it, as with compose. */
  readonly environment: Environment;
}

/** @throws SettingsError with all that is wrong at once; it shows no value of the environment */
export function readService({ reference, port, healthPath, environment }: SpecRequest): ServiceSpec {
  const cut = reference.lastIndexOf('#');
  const file = resolve(reference.slice(0, cut));
  const folder = dirname(file);
  const refuse = (problems: readonly string[]) =>
    new SettingsError([
      `REPLICA_SPEC="${reference}" cannot be a replica:${problems.map((line) => `\n      ${line}`).join('')}`,
    ]);
  const content = readText(file);
  if ('reason' in content) throw refuse([`the file cannot be read: ${content.reason}`]);
  if (content.text === null) throw refuse(['the file does not exist']);
  const variables = readEnvironment(environment, join(folder, '.env'));
  const readEnvFile: ReadEnvFile = (path) => readText(resolve(folder, path));
  const result = composeService({
    text: content.text,
    service: reference.slice(cut + 1),
    lookup: (name) => (Object.hasOwn(variables, name) ? variables[name] : undefined),
    project: projectOf(folder),
    resolvePath: (path) => (/^~(?=\/|$)/.test(path) ? join(homedir(), path.slice(1)) : resolve(folder, path)),
    readEnvFile,
    port,
    healthPath,
  });
  if ('problems' in result) throw refuse(result.problems);
  return result.spec;
}

/** The name that compose gives a project without one. */
export function projectOf(folder: string): string {
  return basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '');
}

function readText(path: string): ReturnType<ReadEnvFile> {
  let fd: number | undefined;
  try {
    // A pipe without a writer must not hold the start.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const { size } = fstatSync(fd);
    if (!fstatSync(fd).isFile()) return { reason: 'it is no file' };
    if (size > MAX_BYTES) return { reason: `it is larger than ${MAX_BYTES} bytes` };
    const buffer = Buffer.alloc(size);
    const length = readSync(fd, buffer, 0, size, 0);
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, length)) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { text: null };
    return { reason: code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'it is no UTF-8' : message };
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
