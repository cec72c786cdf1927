// Owns the servers that answer behind the proxies: three ports of one process on a core of its own, the same for all. nginx where it
// is installed, since it costs the least; uploads are read to their end by Node, as nginx answers before that.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort } from '../../system/free-port.ts';
import { nginxVersion, startNginx } from '../../system/nginx.ts';
import { onCore } from '../cores.ts';
import { ANSWERS } from '../requests.ts';

export const REPLICAS = 3;

export interface Replica {
  readonly host: string;
  readonly port: number;
}

export interface Answering {
  readonly by: string;
  readonly replicas: readonly Replica[];
  end(): Promise<void>;
}

export async function startAnswering(core: number, uploads: boolean): Promise<Answering> {
  const version = nginxVersion();
  return version === undefined || uploads ? nodeAnswering(core) : nginxAnswering(core, version);
}

async function nginxAnswering(core: number, version: string): Promise<Answering> {
  const ports = [];
  for (let k = 0; k < REPLICAS; k++) ports.push(await freePort());
  const { '/small': small, '/page': page, '/download': download } = ANSWERS;
  // A head of more than its default of 1 KiB would be read in two steps: who adds a line would pay for that, being waited for longer.
  const http = `
access_log off;
keepalive_requests 100000000;
keepalive_timeout 1h;
sendfile on;
default_type text/plain;
client_header_buffer_size 4k;
server {
${ports.map((port) => `  listen 127.0.0.1:${port} backlog=4096;`).join('\n')}
  location = /small { return 200 "${'s'.repeat(small)}"; }
  location = /page { root .; }
  location = /download { root .; }
  location / { return 200; }
}`;
  const program = await startNginx({
    http,
    ports,
    connections: 4096,
    wrap: (command, args) => onCore(core, command, args),
    files: { page: new Uint8Array(page).fill(0x70), download: new Uint8Array(download).fill(0x64) },
  });
  return {
    by: `nginx ${version}`,
    replicas: ports.map((port) => ({ host: '127.0.0.1', port })),
    end: () => program.end(),
  };
}

async function nodeAnswering(core: number): Promise<Answering> {
  const [command, args] = onCore(core, process.execPath, [join(import.meta.dirname, 'answering-process.ts')]);
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ports = await new Promise<number[]>((resolve, reject) => {
    child.once('message', (message) => resolve(message as number[]));
    child.once('exit', () => reject(new Error('the answering server ended')));
  });
  return {
    by: `Node ${process.versions.node}`,
    replicas: ports.map((port) => ({ host: '127.0.0.1', port })),
    end: async () => {
      const exit = once(child, 'exit');
      child.disconnect();
      await exit;
    },
  };
}
