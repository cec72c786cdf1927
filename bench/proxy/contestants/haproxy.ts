// Owns HAProxy under measurement: one thread, kept connections to both sides that all clients share, forwarding fields, consistent
// hashing by a field, probes.
import { freePort } from '../../system/free-port.ts';
import { Program, versionOf } from '../../system/program.ts';
import type { Replica } from '../answering/answering.ts';
import { onCore } from '../cores.ts';
import type { ContestantKind } from './contestant.ts';

export const HAPROXY: ContestantKind = {
  id: 'haproxy',
  name: 'HAProxy',
  version: () => versionOf('haproxy', ['-v'], /version ([\d.]+)/),
  start: async (replicas, cores) => {
    const port = await freePort();
    const [command, args] = onCore(cores.proxy, 'haproxy', ['-db', '-f', 'haproxy.cfg']);
    const program = await Program.start({
      name: 'haproxy',
      command,
      args: () => args,
      files: { 'haproxy.cfg': configuration(port, replicas) },
      ports: [port],
    });
    return { port, pids: [program.pid], end: () => program.end() };
  },
};

function configuration(port: number, replicas: readonly Replica[]): string {
  return `global
  nbthread 1
  maxconn 16000
  no strict-limits
defaults
  mode http
  timeout connect 1s
  timeout client 60s
  timeout server 60s
  timeout http-keep-alive 60s
  backlog 4096
  http-reuse always
frontend clients
  bind 127.0.0.1:${port}
  option forwardfor
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(Host)]
  unique-id-format %{+X}o\\ %ci:%cp_%fi:%fp_%Ts_%rt:%pid
  unique-id-header X-Request-Id
  default_backend replicas
backend replicas
  balance hdr(X-Hash-Key)
  hash-type consistent
  option httpchk GET /heartbeat
${replicas.map(({ host, port: to }, k) => `  server replica-${k + 1} ${host}:${to} check inter 2s`).join('\n')}
`;
}
