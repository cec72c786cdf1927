// Owns the proxies that get the ambiguous requests: both lanes of the built data plane, in this process, and nginx and HAProxy
// with the settings that their manuals give for a reverse proxy. Each routes to one replica.
import type { inlineLanes } from '../../apps/balancer/src/proxy/plane/inline-lane.ts';
import { testDataSettings } from '../../apps/balancer/src/routing/testing/data-settings.ts';
import { testSnapshot } from '../../apps/balancer/src/routing/testing/snapshots.ts';
import { planeParts } from '../built-plane.ts';
import { built } from '../built.ts';
import { freePort } from '../system/free-port.ts';
import { nginxVersion, startNginx } from '../system/nginx.ts';
import { Program, versionOf } from '../system/program.ts';

export interface Running {
  readonly port: number;
  end(): Promise<void>;
}

export interface WireContestant {
  readonly name: string;
  readonly ours: boolean;
  /** undefined: not installed here, so not compared. */
  readonly version: () => string | undefined;
  start(replicaPort: number): Promise<Running>;
}

export const WIRE_CONTESTANTS: readonly WireContestant[] = [
  { name: 'express lane', ours: true, version: () => '', start: (replica) => startLane(true, replica) },
  { name: 'standard lane', ours: true, version: () => '', start: (replica) => startLane(false, replica) },
  {
    name: 'HAProxy',
    ours: false,
    version: () => versionOf('haproxy', ['-v'], /version ([\d.]+)/),
    start: startHaproxy,
  },
  { name: 'nginx', ours: false, version: nginxVersion, start: startNginxProxy },
];

async function startHaproxy(replicaPort: number): Promise<Running> {
  const port = await freePort();
  const program = await Program.start({
    name: 'haproxy',
    command: 'haproxy',
    args: () => ['-db', '-f', 'haproxy.cfg'],
    files: {
      'haproxy.cfg': `defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 5s
  option forwardfor
frontend all
  bind 127.0.0.1:${port}
  default_backend replica
backend replica
  server one 127.0.0.1:${replicaPort}
`,
    },
    ports: [port],
  });
  return { port, end: () => program.end() };
}

async function startNginxProxy(replicaPort: number): Promise<Running> {
  const port = await freePort();
  const program = await startNginx({
    http: `access_log off;
upstream replica { server 127.0.0.1:${replicaPort}; keepalive 16; }
server {
  listen 127.0.0.1:${port};
  location / {
    proxy_pass http://replica;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  }
}`,
    ports: [port],
  });
  return { port, end: () => program.end() };
}

async function startLane(express: boolean, replicaPort: number): Promise<Running> {
  const { inlineLanes: lanes } = await built<{ inlineLanes: typeof inlineLanes }>('proxy/plane/inline-lane.js');
  const settings = testDataSettings({ express, user: '' });
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const { Plane, claims, keys, traffic, control, data } = await planeParts();
  const plane = new Plane({
    settings,
    port: 0,
    claims,
    keys,
    traffic,
    log,
    startLane: lanes(settings, claims, keys, traffic, log),
    onBroken: (reason) => {
      throw new Error(reason);
    },
  });
  const { port } = await plane.start();
  const routed = new Promise<void>((resolve) => {
    control.onMessage((message) => message.type === 'ack' && resolve());
  });
  plane.accept(data);
  control.send({ type: 'snapshot', snapshot: testSnapshot([{ replica: 'one', port: replicaPort }]) });
  await routed;
  return {
    port,
    async end() {
      control.send({ type: 'shutdown', deadlineMs: 100 });
      await plane.stopped;
    },
  };
}
