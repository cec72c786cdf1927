// Owns the environment that a compose service gives its containers: files first, then `environment`, which wins. Pure; no
// value is ever part of a message.
import { isMapping, type Mapping } from './compose-file.js';
import type { ComposeReading } from './compose-reading.js';
import { composeFlag, pairsOf, textOf, textsOf } from './compose-units.js';
import { parseEnvFile } from './env-file.js';

/** The text of an env_file by its path as written; null when there is none, a reason when it cannot be read. */
export type ReadEnvFile = (path: string) => { readonly text: string | null } | { readonly reason: string };

const NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

export function readEnvironment(
  service: Mapping,
  readEnvFile: ReadEnvFile,
  reading: ComposeReading,
): Readonly<Record<string, string>> {
  const env = new Map<string, string>();
  for (const { path, required } of envFiles(service, reading)) {
    const file = readEnvFile(path);
    if ('reason' in file) reading.refuse('env_file', `${path} cannot be read: ${file.reason}`);
    else if (file.text === null) {
      if (required) reading.refuse('env_file', `${path} does not exist`);
    } else {
      const { values, problems } = parseEnvFile(file.text, reading.lookup, reading.unset);
      for (const problem of problems) reading.refuse('env_file', `${path}: ${problem}`);
      for (const [name, value] of Object.entries(values)) env.set(name, value);
    }
  }
  const pairs = service.environment === undefined || service.environment === null ? [] : pairsOf(service.environment);
  if (!pairs) reading.refuse('environment', 'must be a mapping of texts or a list of NAME=value');
  for (const [name, given] of pairs ?? []) {
    if (!NAME.test(name)) reading.refuse('environment', 'has a name that is none: letters, digits, "_", "." and "-"');
    // Without a value: passed on as it is here, and left out where it is not set.
    const value = given ?? reading.lookup(name);
    if (value === undefined) env.delete(name);
    else if (value.includes('\0')) reading.refuse('environment', `has a zero byte in ${name}`);
    else env.set(name, value);
  }
  return Object.fromEntries(env);
}

function envFiles(service: Mapping, reading: ComposeReading): { path: string; required: boolean }[] {
  const { env_file: value } = service;
  if (value === undefined || value === null) return [];
  const entries: unknown[] = Array.isArray(value) ? value : [value];
  return entries.flatMap((entry, index) => {
    const at = `env_file[${index}]`;
    const { path, required = true } = isMapping(entry)
      ? reading.mapping(entry, at, ['path', 'required'])
      : { path: textsOf(entry)?.[0] };
    const text = textOf(path);
    if (text !== undefined && text !== '') return [{ path: text, required: composeFlag(required) !== false }];
    reading.refuse(at, 'must be a path');
    return [];
  });
}
