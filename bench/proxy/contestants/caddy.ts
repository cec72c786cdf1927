// Owns Caddy under measurement: one processor, its own forwarding fields, hashing by a field, probes, no admin port and no TLS.
import { freePort } from '../../system/free-port.ts';
import { Program, versionOf } from '../../system/program.ts';
import type { Replica } from '../answering/answering.ts';
import { onCore } from '../cores.ts';
import type { ContestantKind } from './contestant.ts';

export const CADDY: ContestantKind = {
  id: 'caddy',
  name: 'Caddy',
  version: () => versionOf('caddy', ['version'], /^v?([\d.]+)/),
  start: async (replicas, cores) => {
    const port = await freePort();
    const [command, args] = onCore(cores.proxy, 'caddy', ['run', '--config', 'Caddyfile', '--adapter', 'caddyfile']);
    const program = await Program.start({
      name: 'caddy',
      command,
      args: () => args,
      files: { Caddyfile: configuration(port, replicas) },
      env: { GOMAXPROCS: '1' },
      ports: [port],
    });
    return { port, pids: [program.pid], end: () => program.end() };
  },
};

function configuration(port: number, replicas: readonly Replica[]): string {
  return `{
	admin off
	auto_https off
}
http://:${port} {
	bind 127.0.0.1
	reverse_proxy ${replicas.map(({ host, port: to }) => `${host}:${to}`).join(' ')} {
		lb_policy header X-Hash-Key
		health_uri /heartbeat
		health_interval 2s
		header_up X-Request-Id {http.request.uuid}
		transport http {
			keepalive 60s
			keepalive_idle_conns_per_host 512
		}
	}
}
`;
}
