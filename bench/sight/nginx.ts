// Owns an nginx under measurement: one worker in front of the same replica, with its access log or without, on loopback and in a
// folder of its own. Its CPU is the kernel's count of the worker in nanoseconds: the usual one goes by ticks of 10 ms.
import { readFileSync } from 'node:fs';
import { freePort } from '../system/free-port.ts';
import { nginxVersion, startNginx } from '../system/nginx.ts';
import type { Program } from '../system/program.ts';
import { Load } from './load.ts';

/** So much more often than a data plane it is asked in a turn: it needs so little that less would not be seen. */
const TIMES = 3;

export class Nginx {
  readonly #program: Program;
  readonly #worker: number;
  readonly #load: Load;

  private constructor(program: Program, port: number) {
    this.#program = program;
    this.#worker = program.children[0] ?? NaN;
    this.#load = new Load(port);
  }

  static get installed(): boolean {
    return nginxVersion() !== undefined;
  }

  /** @throws Error when it does not come up */
  static async begin(log: boolean, replicaPort: number): Promise<Nginx> {
    const port = await freePort();
    return new Nginx(await startNginx({ http: configuration(port, replicaPort, log), ports: [port] }), port);
  }

  /** @returns microseconds of CPU per request */
  async turn(requests: number): Promise<number> {
    const before = this.#spent();
    await this.#load.send(TIMES * requests);
    return (this.#spent() - before) / (TIMES * requests);
  }

  async end(): Promise<void> {
    this.#load.end();
    await this.#program.end();
  }

  #spent(): number {
    const [nanoseconds = ''] = readFileSync(`/proc/${this.#worker}/schedstat`, 'utf8').split(' ');
    return Number(nanoseconds) / 1000;
  }
}

/** Its defaults, but for loopback, and kept connections, which the balancer has too. */
function configuration(port: number, replicaPort: number, log: boolean): string {
  return `
access_log ${log ? 'access.log combined' : 'off'};
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
}`;
}
