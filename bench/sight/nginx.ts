// Owns an nginx under measurement: one worker in front of the same replicas, on the same core as the data planes, with its access log or
// without, on loopback and in a folder of its own.
import type { Replica } from '../proxy/answering/answering.ts';
import { onCore } from '../proxy/cores.ts';
import { costOf } from '../proxy/process-cost.ts';
import { freePort } from '../system/free-port.ts';
import { nginxVersion, startNginx } from '../system/nginx.ts';
import type { Program } from '../system/program.ts';
import type { Spent, Subject } from './subject.ts';

export interface NginxOrder {
  /** What it logs: nothing, its own format, or what the balancer's line tells as far as it knows it. */
  readonly nginx: 'off' | 'combined' | 'json';
  readonly replicas: readonly Replica[];
}

export class Nginx implements Subject {
  readonly port: number;
  readonly #program: Program;

  private constructor(program: Program, port: number) {
    this.#program = program;
    this.port = port;
  }

  static get installed(): boolean {
    return nginxVersion() !== undefined;
  }

  /** @throws Error when it does not come up */
  static async begin({ nginx, replicas }: NginxOrder, core: number): Promise<Nginx> {
    const port = await freePort();
    const http = configuration(port, replicas, nginx);
    const wrap = (command: string, args: readonly string[]) => onCore(core, command, args);
    return new Nginx(await startNginx({ http, ports: [port], wrap }), port);
  }

  /** Its worker is one thread, and its master does nothing meanwhile. */
  spent(): Spent {
    const all = 1e6 * costOf([this.#program.pid]).cpu;
    return { lane: all, process: all };
  }

  /** Nobody told it to leave anything out. */
  async check(): Promise<void> {}

  end(): Promise<void> {
    return this.#program.end();
  }
}

/** The members of a line of ours, in its order. Attempts, the link of the key and phases before the last try it does not know. */
const JSON_LINE = [
  '{"level":30,"time":"$time_iso8601","role":"data","msg":"request completed"',
  ',"req":{"method":"$request_method","url":"$request_uri","id":"$request_id","host":"$http_host"',
  ',"httpVersion":"$server_protocol","remoteAddress":"$remote_addr","remotePort":$remote_port,"client":"$remote_addr"',
  ',"userAgent":"$http_user_agent","referer":"$http_referer","bytes":$request_length}',
  ',"res":{"statusCode":$status,"bytes":$body_bytes_sent}',
  ',"responseTime":$request_time,"phases":{"connect":$upstream_connect_time,"firstByte":$upstream_header_time',
  ',"total":$upstream_response_time},"replica":"$upstream_addr"}',
];

/** Its defaults, but for loopback, kept connections and hashing by a field, which the balancer has too. */
function configuration(port: number, replicas: readonly Replica[], log: NginxOrder['nginx']): string {
  return `
log_format json escape=json ${JSON_LINE.map((part) => `'${part}'`).join(' ')};
access_log ${log === 'off' ? 'off' : `access.log ${log}`};
keepalive_requests 100000000;
keepalive_timeout 1h;
upstream replicas {
  hash $http_x_hash_key consistent;
${replicas.map(({ host, port: to }) => `  server ${host}:${to};`).join('\n')}
  keepalive 128;
  keepalive_requests 100000000;
}
server {
  listen 127.0.0.1:${port};
  location / {
    proxy_pass http://replicas;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Request-Id $request_id;
  }
}`;
}
