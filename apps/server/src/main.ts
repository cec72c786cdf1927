// Owns the sample replica: two endpoints on plain node:http, so that it answers some milliseconds after it was started.
// One file without any dependency: it is all that the image holds besides node. Its life and name are the balancer's.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** Longer than any idle time that a balancer in front keeps a connection for: the replica never closes first. */
const KEEP_ALIVE_MS = 65_000;

const name = process.env.SERVER_ID ?? 'unnamed';
const host = process.env.HOST ?? '0.0.0.0';
const port = readPort(process.env.PORT ?? '5000');
let stopping = false;

const server = createServer(answer);
server.keepAliveTimeout = KEEP_ALIVE_MS;
// Above the keep-alive time: the head of the next request may start to arrive in the very last moment.
server.headersTimeout = KEEP_ALIVE_MS + 5_000;
server.on('error', (error) => quit(`cannot listen on ${host}:${port}: ${error.message}`));
server.listen(port, host, () => {
  const bound = server.address();
  console.log(`${name} listens on ${host}:${typeof bound === 'object' && bound ? bound.port : port}`);
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);

function answer(request: IncomingMessage, response: ServerResponse): void {
  // A connection that carried a request across the stop would otherwise stay open, idle, and hold the process.
  response.once('finish', () => {
    if (stopping) setImmediate(() => server.closeIdleConnections());
  });
  if (stopping) response.setHeader('Connection', 'close');

  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  if (path !== '/home' && path !== '/heartbeat') {
    reply(response, 400, `<Error> '${path}' endpoint does not exist in server replicas`, 'failure');
  } else if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    reply(response, 405, `<Error> ${request.method} is not supported by '${path}'`, 'failure');
  } else if (path === '/heartbeat') {
    response.writeHead(200, { 'Content-Length': 0 }).end();
  } else {
    reply(response, 200, `Hello from Server: ${nameFor(request)}`, 'successful');
  }
}

/** What the balancer calls this replica wins over what it was called at birth: an instance can outlive a name. */
function nameFor(request: IncomingMessage): string {
  const given = request.headers['x-hashflow-replica'];
  return typeof given === 'string' && given !== '' ? given : name;
}

function reply(response: ServerResponse, status: number, message: string, outcome: 'successful' | 'failure'): void {
  const body = JSON.stringify({ message, status: outcome });
  response
    .writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) })
    .end(body);
}

/** Accepts nothing new, lets requests in flight finish, then exits 0. Who waits how long for that is the balancer's. */
function stop(): void {
  if (stopping) return;
  stopping = true;
  server.close(() => process.exit(0));
  server.closeIdleConnections();
}

function readPort(text: string): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  return value <= 65_535 ? value : quit(`PORT="${text}" must be a number from 0 to 65535`);
}

function quit(reason: string): never {
  console.error(reason);
  process.exit(1);
}
