// Owns replicas for tests: an honest one that tells what it was sent, and one that does to a connection what it is told to.
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import { createServer as createNetServer, type AddressInfo, type Server as NetServer, type Socket } from 'node:net';
import { freePort } from './free-port.js';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

export interface Upstream {
  readonly port: number;
  readonly server: Server;
  readonly seen: SeenRequest[];
  /** Client ports of the connections that were made to it. */
  readonly connections: Socket[];
  close(): Promise<void>;
}

/** Answers 200 with its name unless `listener` says otherwise; the listener gets the request with its body read. */
export async function startUpstream(name: string, listener?: RequestListener): Promise<Upstream> {
  const seen: SeenRequest[] = [];
  const connections: Socket[] = [];
  const server = createServer({ requireHostHeader: false }, (request, response) => {
    void readAll(request).then(
      (body) => {
        const { method = '', url = '', headers, rawHeaders } = request;
        seen.push({ method, url, headers, rawHeaders, body });
        if (listener) listener(request, response);
        else response.end(JSON.stringify({ name, method, url, body }));
      },
      () => {},
    );
  });
  server.on('connection', (socket) => connections.push(socket));
  return { port: await listenOn(server), server, seen, connections, close: () => closeServer(server, connections) };
}

/** A listener for what must not wait for the body. */
export async function startRawHttp(listener: RequestListener): Promise<Upstream> {
  const connections: Socket[] = [];
  const server = createServer(listener);
  server.on('connection', (socket) => connections.push(socket));
  return { port: await listenOn(server), server, seen: [], connections, close: () => closeServer(server, connections) };
}

export interface HostileUpstream {
  readonly port: number;
  readonly connections: Socket[];
  close(): Promise<void>;
}

/** Anything that is no HTTP server, or a bad one. */
export async function startHostile(onConnection: (socket: Socket) => void): Promise<HostileUpstream> {
  const connections: Socket[] = [];
  const server = createNetServer((socket) => {
    connections.push(socket);
    socket.on('error', () => {});
    onConnection(socket);
  });
  return { port: await listenOn(server), connections, close: () => closeServer(server, connections) };
}

/** A port on which nobody listens. */
export async function refusedPort(): Promise<number> {
  return freePort();
}

export async function readAll(stream: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

async function listenOn(server: Server | NetServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function closeServer(server: Server | NetServer, connections: readonly Socket[]): Promise<void> {
  for (const socket of connections) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
}
