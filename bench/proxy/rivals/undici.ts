// Owns a lean proxy of node:http and undici: its pools dispatch without promises, answers are passed on as they come, forwarding fields on.
//
//   node bench/proxy/rivals/undici.ts PORT URL…
import http from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pick } from './pick.ts';

interface Controller {
  pause(): void;
  resume(): void;
}
interface Handler {
  onRequestStart(): void;
  onResponseStart(controller: Controller, status: number, headers: http.OutgoingHttpHeaders): void;
  onResponseData(controller: Controller, chunk: Buffer): void;
  onResponseEnd(): void;
  onResponseError(): void;
}
interface Pool {
  dispatch(options: object, handler: Handler): boolean;
}
type PoolClass = new (url: string, options: object) => Pool;

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const load = createRequire(join(import.meta.dirname, '../../package.json'));
const { Pool } = load('undici') as { Pool: PoolClass };
const [port, ...urls] = process.argv.slice(2);
const pools = urls.map((url) => new Pool(url, { pipelining: 1, keepAliveTimeout: 60_000 }));

const server = http.createServer((request, response) => {
  const { method, url, rawHeaders, headers, socket } = request;
  const fields: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (!HOP_BY_HOP.has(name.toLowerCase())) fields.push(name, rawHeaders[at + 1] ?? '');
  }
  fields.push(
    'X-Forwarded-For',
    socket.remoteAddress ?? '',
    'X-Forwarded-Proto',
    'http',
    'X-Forwarded-Host',
    headers.host ?? '',
  );
  const body = headers['content-length'] === undefined && headers['transfer-encoding'] === undefined ? null : request;
  pick(pools, String(headers['x-hash-key'])).dispatch({ method, path: url, headers: fields, body }, relay(response));
});
server.keepAliveTimeout = 60_000;
server.listen({ host: '127.0.0.1', port: Number(port), backlog: 4096 });

function relay(response: http.ServerResponse): Handler {
  return {
    onRequestStart() {},
    onResponseStart(_controller, status, headers) {
      for (const name of HOP_BY_HOP) delete headers[name];
      response.writeHead(status, headers);
    },
    onResponseData(controller, chunk) {
      if (response.write(chunk)) return;
      controller.pause();
      response.once('drain', () => controller.resume());
    },
    onResponseEnd() {
      response.end();
    },
    onResponseError() {
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end();
    },
  };
}
