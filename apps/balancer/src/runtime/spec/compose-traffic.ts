// Owns where a compose service is spoken to: its port, and the path that tells whether it is well. Pure.
import { isMapping, type Mapping } from './compose-file.js';
import type { ComposeReading } from './compose-reading.js';
import { composeFlag, textOf, textsOf } from './compose-units.js';

const TIMINGS = ['interval', 'timeout', 'retries', 'start_period', 'start_interval'];
const EXTENSION_KEYS = ['port', 'health_path'];

/** REPLICA_PORT, else `x-hashflow.port`, else the only port that is exposed or published; undefined where nothing tells. */
export function readPort(service: Mapping, given: number | undefined, reading: ComposeReading): number | undefined {
  const ports = [...new Set([...exposed(service, reading), ...published(service, reading)])];
  if (service.ports !== undefined && service.ports !== null)
    reading.notes.push('ports are not published: clients use the data port');
  if (given !== undefined) return given;
  const { port } = extension(service, reading);
  if (port !== undefined) return portOf(port) ?? reading.refuse('x-hashflow.port', 'must be a port from 1 to 65535');
  if (ports.length > 1) {
    const list = ports.join(', ');
    return reading.refuse(
      'ports',
      `and expose name several (${list}): choose one with REPLICA_PORT or x-hashflow.port`,
    );
  }
  return ports[0];
}

/** HEALTH_PATH, else `x-hashflow.health_path`, else the path of the healthcheck's own HTTP request. */
export function readHealthPath(
  service: Mapping,
  given: string | undefined,
  reading: ComposeReading,
): string | undefined {
  const fromTest = healthcheckPath(service, reading);
  const { health_path: path } = extension(service, reading);
  if (path !== undefined && !/^\/[\x21-\x7e]*$/.test(textOf(path) ?? ''))
    reading.refuse('x-hashflow.health_path', 'must be a path that begins with a slash');
  const chosen = given ?? textOf(path) ?? fromTest.path;
  if (chosen === undefined && fromTest.needed) {
    const hint = 'give the path of a probe with HEALTH_PATH or x-hashflow.health_path';
    reading.refuse(
      'healthcheck.test',
      `asks no http:// URL of its own container, and the balancer runs no commands: ${hint}`,
    );
  }
  return chosen;
}

/** Its URL's path; `needed` when it checks something that only a command can. */
function healthcheckPath(service: Mapping, reading: ComposeReading): { path?: string; needed: boolean } {
  const check = reading.mapping(service.healthcheck, 'healthcheck', ['test', 'disable', ...TIMINGS]);
  for (const key of TIMINGS)
    if (check[key] !== undefined)
      reading.notes.push(`healthcheck.${key} is left out: HEALTH_* say when probes are made`);
  const words = check.test === undefined ? undefined : textsOf(check.test);
  if (check.test !== undefined && !words) reading.refuse('healthcheck.test', 'must be a text or a list of texts');
  if (!words || words[0] === 'NONE' || composeFlag(check.disable) === true) return { needed: false };
  const urls = [
    ...words.join(' ').matchAll(/http:\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::\d+)?(\/[^\s"'|;&)]*)?/g),
  ];
  const paths = new Set(urls.map(([, path = '/']) => path));
  return paths.size === 1 ? { path: [...paths][0], needed: false } : { needed: true };
}

function extension(service: Mapping, reading: ComposeReading): Mapping {
  const value = service['x-hashflow'];
  if (!isMapping(value)) return {};
  const unknown = Object.keys(value).find((key) => !EXTENSION_KEYS.includes(key));
  if (unknown !== undefined && !reading.unsupported.includes(`x-hashflow.${unknown}`))
    reading.unsupported.push(`x-hashflow.${unknown}`);
  return value;
}

function exposed(service: Mapping, reading: ComposeReading): number[] {
  if (service.expose === undefined || service.expose === null) return [];
  const ports = textsOf(service.expose)?.map((text) => portOf(text.replace(/\/tcp$/, '')));
  if (ports && !ports.includes(undefined)) return ports as number[];
  reading.refuse('expose', 'must be a list of TCP ports');
  return [];
}

/** The container's side of each. */
function published(service: Mapping, reading: ComposeReading): number[] {
  const entries = service.ports ?? [];
  if (!Array.isArray(entries)) {
    reading.refuse('ports', 'must be a list');
    return [];
  }
  return (entries as unknown[]).flatMap((entry, index) => {
    const text = isMapping(entry) ? textOf(entry.target) : textOf(entry)?.split(':').at(-1);
    const [number = '', protocol = 'tcp'] = text?.split('/') ?? [];
    if (protocol !== 'tcp' || (isMapping(entry) && entry.protocol === 'udp')) return [];
    const port = portOf(number);
    if (port === undefined) reading.refuse(`ports[${index}]`, 'must name one TCP port of the container');
    return port === undefined ? [] : [port];
  });
}

function portOf(value: unknown): number | undefined {
  const text = textOf(value) ?? '';
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}
