// Owns how an nginx is started for a measurement: in the foreground, one worker, all its files in a folder of its own. What it serves is
// told by whoever starts it.
import { Program, versionOf } from './program.ts';

export interface NginxOptions {
  /** Of the http block. */
  readonly http: string;
  readonly ports: readonly number[];
  readonly connections?: number;
  /** In front of the command: what starts a program on a core, for example. */
  readonly wrap?: (command: string, args: readonly string[]) => [string, string[]];
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

/** @returns its version; undefined: it is not installed */
export function nginxVersion(): string | undefined {
  return versionOf('nginx', ['-v'], /nginx\/([\d.]+)/);
}

/** @throws Error when it does not come up */
export function startNginx({ http, ports, connections = 1024, wrap, files = {} }: NginxOptions): Promise<Program> {
  const args = (folder: string) => ['-p', folder, '-c', 'nginx.conf', '-e', 'error.log'];
  const wrapped = (folder: string) => wrap?.('nginx', args(folder)) ?? (['nginx', args(folder)] as const);
  return Program.start({
    name: 'nginx',
    command: wrapped('')[0],
    args: (folder) => wrapped(folder)[1],
    files: { ...files, 'nginx.conf': configuration(http, connections) },
    ports,
  });
}

function configuration(http: string, connections: number): string {
  // A folder of root's own is closed to the user that the worker would become.
  const user = process.getuid?.() === 0 ? 'user root;\n' : '';
  return `daemon off;
${user}worker_processes 1;
worker_rlimit_nofile ${2 * connections};
pid nginx.pid;
events { worker_connections ${connections}; }
http {
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  ${http.trim().replaceAll('\n', '\n  ')}
}
`;
}
