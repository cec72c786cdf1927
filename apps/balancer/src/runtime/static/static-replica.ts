// Owns the form NAME=URL[;weight] in which a replica that runs elsewhere is named, in REPLICAS and in /add. Pure.
import { RuntimeError } from '../runtime-error.js';
import { isSlotName } from '../slot-slug.js';

export interface StaticReplica {
  readonly name: string;
  /** Normalised: `http://host:port`. */
  readonly url: string;
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  readonly weight: number;
}

const MAX_WEIGHT = 1000;

/** `S1=http://10.0.0.7:8080;2` @throws RuntimeError code `bad_spec`, its message being the reason */
export function parseStaticReplica(text: string): StaticReplica {
  const refuse = (reason: string) => new RuntimeError('bad_spec', `"${text}" ${reason}`);
  const cut = text.indexOf('=');
  if (cut < 0) throw refuse('must be NAME=http://host:port');
  const name = text.slice(0, cut);
  if (!isSlotName(name)) {
    throw refuse(
      'must start with a name: 1 to 63 letters, digits, blanks, "_", "." or "-", the first a letter or digit',
    );
  }
  const [address = '', weightText, ...rest] = text.slice(cut + 1).split(';');
  if (rest.length > 0) throw refuse('must have at most one ";weight"');
  // Digits only: Number() would also take "", "0x2" and "1e3".
  const weight = weightText === undefined ? 1 : /^\d{1,4}(\.\d{1,3})?$/.test(weightText) ? Number(weightText) : 0;
  if (weight <= 0 || weight > MAX_WEIGHT) throw refuse(`must have a weight above 0 and up to ${MAX_WEIGHT}`);

  if (!/^http:\/\//i.test(address)) throw refuse('must give an http:// URL');
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || url.hostname === '') throw refuse('must give a valid URL such as http://10.0.0.7:8080');
  if (url.username !== '' || url.password !== '') throw refuse('must not carry a user or password');
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '' || /[?#]/.test(address)) {
    throw refuse('must be host and port only, without path, query or fragment');
  }
  const port = url.port === '' ? 80 : Number(url.port);
  if (port === 0) throw refuse('must have a port from 1 to 65535');
  return { name, url: `http://${url.hostname}:${port}`, host: url.hostname.replace(/^\[|\]$/g, ''), port, weight };
}

/** All of REPLICAS. @throws RuntimeError code `bad_spec` when an entry cannot be read or a name comes twice */
export function parseStaticReplicas(texts: readonly string[]): StaticReplica[] {
  const names = new Set<string>();
  return texts.map((text) => {
    const replica = parsedEntry(text);
    if (names.has(replica.name)) throw new RuntimeError('bad_spec', `REPLICAS names "${replica.name}" twice`);
    names.add(replica.name);
    return replica;
  });
}

function parsedEntry(text: string): StaticReplica {
  try {
    return parseStaticReplica(text);
  } catch (error) {
    throw error instanceof RuntimeError ? new RuntimeError(error.code, `REPLICAS: ${error.message}`) : error;
  }
}
