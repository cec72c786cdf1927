// Owns the plain proxy of http-proxy-middleware, as its readme builds it: kept connections, forwarding fields on, a router by a field.
//
//   node bench/proxy/rivals/http-proxy-middleware.ts PORT URL…
import http from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pick } from './pick.ts';

type Handler = (request: http.IncomingMessage, response: http.ServerResponse, next: () => void) => void;
interface Package {
  readonly createProxyMiddleware: (options: object) => Handler;
}

const load = createRequire(join(import.meta.dirname, '../../package.json'));
const { createProxyMiddleware } = load('http-proxy-middleware') as Package;
const [port, ...urls] = process.argv.slice(2);

const proxy = createProxyMiddleware({
  target: urls[0],
  router: (request: http.IncomingMessage) => pick(urls, String(request.headers['x-hash-key'])),
  xfwd: true,
  agent: new http.Agent({ keepAlive: true }),
});
const server = http.createServer((request, response) => proxy(request, response, () => response.writeHead(404).end()));
server.keepAliveTimeout = 60_000;
server.listen({ host: '127.0.0.1', port: Number(port), backlog: 4096 });
