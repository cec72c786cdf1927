// Owns the volumes and tmpfs of a compose service as mounts of a replica. Pure. That a volume with `{slot}` in its name is
// one per replica is container-options.ts's.
import { type Mount, SLOT_PLACEHOLDER } from '../replica-runtime.js';
import { isMapping, type Mapping } from './compose-file.js';
import type { ComposeReading } from './compose-reading.js';
import { composeFlag, composeSize, textOf, textsOf } from './compose-units.js';

export interface StorageTerms {
  /** The file's own `volumes`. */
  readonly declared: Mapping;
  /** Prefix of names that the file makes up. */
  readonly project: string;
  /** `./data`, `~/x` → absolute. */
  readonly resolvePath: (path: string) => string;
}

export interface Storage {
  readonly mounts: readonly Mount[];
  readonly tmpfs: Readonly<Record<string, string>>;
}

const VOLUME_NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9_.-]|\{slot\})*$|^\{slot\}(?:[a-zA-Z0-9_.-]|\{slot\})*$/;
const LONG_KEYS = ['type', 'source', 'target', 'read_only', 'tmpfs'];

export function readStorage(service: Mapping, terms: StorageTerms, reading: ComposeReading): Storage {
  const mounts: Mount[] = [];
  const tmpfs = new Map<string, string>();
  const entries = service.volumes ?? [];
  if (!Array.isArray(entries)) reading.refuse('volumes', 'must be a list');
  for (const [index, entry] of Array.isArray(entries) ? entries.entries() : []) {
    const path = `volumes[${index}]`;
    const mount = isMapping(entry)
      ? longForm(entry, path, terms, reading, tmpfs)
      : shortForm(entry, path, terms, reading);
    if (mount) mounts.push(mount);
  }
  const texts = service.tmpfs === undefined ? [] : textsOf(service.tmpfs);
  if (!texts) reading.refuse('tmpfs', 'must be a path or a list of paths');
  for (const text of texts ?? []) {
    const cut = text.indexOf(':');
    const target = cut < 0 ? text : text.slice(0, cut);
    if (isTarget(target)) tmpfs.set(target, cut < 0 ? '' : text.slice(cut + 1));
    else reading.refuse('tmpfs', 'must name absolute paths in the container');
  }
  const targets = [...mounts.map(({ target }) => target), ...tmpfs.keys()];
  const twice = targets.find((target, index) => targets.indexOf(target) !== index);
  if (twice !== undefined) reading.refuse('volumes', `mount ${twice} twice`);
  return { mounts, tmpfs: Object.fromEntries(tmpfs) };
}

/** `SOURCE:TARGET[:ro|rw]` */
function shortForm(entry: unknown, path: string, terms: StorageTerms, reading: ComposeReading): Mount | undefined {
  const parts = textOf(entry)?.split(':') ?? [];
  const [source = '', target = '', mode = 'rw'] = parts;
  if (parts.length === 1)
    return reading.refuse(path, `must name what is mounted (a volume of its own: data-${SLOT_PLACEHOLDER}:/path)`);
  if (parts.length > 3 || parts.length === 0) return reading.refuse(path, 'must be SOURCE:TARGET, or SOURCE:TARGET:ro');
  if (mode !== 'ro' && mode !== 'rw') return reading.refuse(path, 'may end in :ro or :rw and nothing else');
  const type = /^[./~]/.test(source) ? 'bind' : 'volume';
  return mountOf({ type, source, target, readOnly: mode === 'ro' }, path, terms, reading);
}

function longForm(
  entry: Mapping,
  path: string,
  terms: StorageTerms,
  reading: ComposeReading,
  tmpfs: Map<string, string>,
): Mount | undefined {
  const { type, source, target, read_only = false, tmpfs: options } = reading.mapping(entry, path, LONG_KEYS);
  const where = textOf(target) ?? '';
  const readOnly = composeFlag(read_only);
  if (readOnly === undefined) return reading.refuse(`${path}.read_only`, 'must be true or false');
  if (type === 'tmpfs') {
    const { size } = reading.mapping(options, `${path}.tmpfs`, ['size']);
    const bytes = size === undefined ? 0 : composeSize(size);
    if (bytes === undefined) return reading.refuse(`${path}.tmpfs.size`, 'must be a size such as 64m');
    if (!isTarget(where)) return reading.refuse(`${path}.target`, 'must be an absolute path in the container');
    tmpfs.set(where, bytes > 0 ? `size=${bytes}` : '');
    return undefined;
  }
  if (type !== 'volume' && type !== 'bind') return reading.refuse(`${path}.type`, 'must be volume, bind or tmpfs');
  return mountOf({ type, source: textOf(source) ?? '', target: where, readOnly }, path, terms, reading);
}

function mountOf(mount: Mount, path: string, terms: StorageTerms, reading: ComposeReading): Mount | undefined {
  const { type, source, target } = mount;
  if (!isTarget(target)) return reading.refuse(path, 'must be mounted at an absolute path in the container');
  if (source === '') return reading.refuse(path, 'must name what is mounted');
  if (type === 'bind') return { ...mount, source: terms.resolvePath(source) };
  const name = volumeName(source, path, terms, reading);
  if (name === undefined) return undefined;
  if (!VOLUME_NAME.test(name))
    return reading.refuse(path, 'names no volume: letters, digits, "_", ".", "-" and {slot}');
  return { ...mount, source: name };
}

/** As compose would call it: by its `name`, else behind the project's. Undeclared ones are an error, except one per replica. */
function volumeName(source: string, path: string, terms: StorageTerms, reading: ComposeReading): string | undefined {
  const prefixed = `${terms.project}_${source}`;
  if (!Object.hasOwn(terms.declared, source)) {
    if (source.includes(SLOT_PLACEHOLDER)) return prefixed;
    return reading.refuse(path, `uses a volume that the file's own "volumes" do not declare: ${source}`);
  }
  const at = `volumes.${source} (of the file)`;
  // Labels and a local driver change nothing for a volume that exists, and little for one that the engine makes.
  const declared = reading.mapping(reading.resolve(terms.declared[source], at), at, [
    'name',
    'external',
    'labels',
    'driver',
  ]);
  if (declared.driver !== undefined && declared.driver !== 'local') reading.unsupported.push(`${at}.driver`);
  return textOf(declared.name) ?? (composeFlag(declared.external) === true ? source : prefixed);
}

function isTarget(path: string): boolean {
  return /^\/[^:\0]+$/.test(path);
}
