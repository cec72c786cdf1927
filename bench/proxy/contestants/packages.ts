// Owns the proxies that people build from npm packages, each in a Node process of its own (../rivals/).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../system/free-port.ts';
import { Program } from '../../system/program.ts';
import { onCore } from '../cores.ts';
import type { ContestantKind } from './contestant.ts';

const BENCH = join(import.meta.dirname, '../..');

export const PACKAGES: readonly ContestantKind[] = [
  kind('hpm', 'http-proxy-middleware', 'http-proxy-middleware.ts'),
  kind('undici', 'undici', 'undici.ts'),
];

function kind(id: string, packageName: string, script: string): ContestantKind {
  return {
    id,
    name: packageName,
    version: () => installedVersion(packageName),
    start: async (replicas, cores) => {
      const port = await freePort();
      const urls = replicas.map(({ host, port: to }) => `http://${host}:${to}`);
      const file = join(BENCH, 'proxy/rivals', script);
      const [command, args] = onCore(cores.proxy, process.execPath, [file, String(port), ...urls]);
      const program = await Program.start({ name: id, command, args: () => args, ports: [port] });
      return { port, pids: [program.pid], end: () => program.end() };
    },
  };
}

function installedVersion(packageName: string): string | undefined {
  try {
    // By path: the packages do not export their package.json.
    const file = join(BENCH, 'node_modules', packageName, 'package.json');
    return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  } catch {
    return undefined;
  }
}
