// Owns an nginx under measurement: one worker in front of the same replica, with its access log or without, on loopback and in a
// folder of its own. Its CPU is the kernel's count of the worker in nanoseconds: the usual one goes by ticks of 10 ms.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Load } from './load.ts';

/** So much more often than a data plane it is asked in a turn: it needs so little that less would not be seen. */
const TIMES = 3;
const START_MS = 5000;

export class Nginx {
  readonly #child: ChildProcess;
  readonly #worker: number;
  readonly #folder: string;
  readonly #load: Load;

  private constructor(child: ChildProcess, worker: number, folder: string, port: number) {
    this.#child = child;
    this.#worker = worker;
    this.#folder = folder;
    this.#load = new Load(port);
  }

  static get installed(): boolean {
    return spawnSync('nginx', ['-v'], { stdio: 'ignore' }).status === 0;
  }

  /** @throws Error when it does not come up */
  static async begin(log: boolean, replicaPort: number): Promise<Nginx> {
    const folder = mkdtempSync(join(tmpdir(), 'hashflow-nginx-'));
    const port = await freePort();
    const file = join(folder, 'nginx.conf');
    writeFileSync(file, configuration(port, replicaPort, log));
    const child = spawn('nginx', ['-p', folder, '-c', file, '-e', join(folder, 'error.log')], { stdio: 'ignore' });
    for (const giveUpAt = performance.now() + START_MS; performance.now() < giveUpAt;) {
      const [worker] = childrenOf(child.pid);
      if (worker !== undefined) return new Nginx(child, worker, folder, port);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    child.kill();
    rmSync(folder, { recursive: true, force: true });
    throw new Error('nginx did not come up');
  }

  /** @returns microseconds of CPU per request */
  async turn(requests: number): Promise<number> {
    const before = this.#spent();
    await this.#load.send(TIMES * requests);
    return (this.#spent() - before) / (TIMES * requests);
  }

  async end(): Promise<void> {
    this.#load.end();
    const exit = once(this.#child, 'exit');
    this.#child.kill();
    await exit;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #spent(): number {
    const [nanoseconds = ''] = readFileSync(`/proc/${this.#worker}/schedstat`, 'utf8').split(' ');
    return Number(nanoseconds) / 1000;
  }
}

function childrenOf(pid: number | undefined): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Its defaults, but for loopback, one worker, and kept connections, which the balancer has too. */
function configuration(port: number, replicaPort: number, log: boolean): string {
  return `daemon off;
worker_processes 1;
pid nginx.pid;
events {}
http {
  access_log ${log ? 'access.log combined' : 'off'};
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  keepalive_requests 10000000;
  upstream replica { server 127.0.0.1:${replicaPort}; keepalive 16; keepalive_requests 10000000; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://replica;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}
`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
