// Owns nginx under measurement: one worker, kept connections to both sides, forwarding fields, consistent hashing by a field.
import { freePort } from '../../system/free-port.ts';
import { nginxVersion, startNginx } from '../../system/nginx.ts';
import type { Replica } from '../answering/answering.ts';
import { onCore } from '../cores.ts';
import type { ContestantKind } from './contestant.ts';

export const NGINX: ContestantKind = {
  id: 'nginx',
  name: 'nginx',
  version: nginxVersion,
  start: async (replicas, cores) => {
    const port = await freePort();
    const program = await startNginx({
      http: configuration(port, replicas),
      ports: [port],
      connections: 16_384,
      wrap: (command, args) => onCore(cores.proxy, command, args),
    });
    return { port, pids: [program.pid], end: () => program.end() };
  },
};

/** Bodies stay in memory, both ways: its defaults would put an upload into a file. */
function configuration(port: number, replicas: readonly Replica[]): string {
  return `
access_log off;
keepalive_requests 100000000;
keepalive_timeout 1h;
client_body_buffer_size 128k;
client_max_body_size 0;
proxy_max_temp_file_size 0;
upstream replicas {
  hash $http_x_hash_key consistent;
${replicas.map(({ host, port: to }) => `  server ${host}:${to};`).join('\n')}
  keepalive 512;
  keepalive_requests 100000000;
}
server {
  listen 127.0.0.1:${port} backlog=4096;
  location / {
    proxy_pass http://replicas;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header X-Request-Id $request_id;
  }
}`;
}
