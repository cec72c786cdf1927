// Owns a replica that keeps all that it is sent: the bytes of each connection, and the requests that node:http in strict mode
// finds in them. Its answers carry a number, so that an answer can be told from one that a proxy made.
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** In answers of the replica: the number of the request. */
export const SEEN_FIELD = 'X-Seen';

export interface SeenRequest {
  readonly method: string;
  readonly target: string;
  readonly host: string | undefined;
  readonly body: string;
}

export interface Recording {
  /** Whole requests, in the order in which they were. */
  readonly requests: readonly SeenRequest[];
  /** How often a connection was ended with 400 because what came was no request for a strict reader. */
  readonly refused: number;
  /** What came, by connection; Latin-1. */
  readonly connections: readonly string[];
}

export interface RecordingReplica {
  readonly port: number;
  /** What came since the last time. */
  take(): Recording;
  close(): Promise<void>;
}

export async function startRecordingReplica(): Promise<RecordingReplica> {
  let requests: SeenRequest[] = [];
  let refused = 0;
  let serial = 0;
  const connections = new Map<Socket, string>();
  const serve: RequestListener = (request, response) => {
    void read(request).then(
      (body) => {
        const { method = '', url: target = '', headers } = request;
        requests.push({ method, target, host: headers.host, body });
        response.writeHead(200, { [SEEN_FIELD]: String(serial++), 'Content-Type': 'text/plain' });
        response.end(`${method} ${target}`);
      },
      () => {},
    );
  };
  const server = createServer({ insecureHTTPParser: false, requireHostHeader: false }, serve);
  // Seen, too: what it expects is none of our business here.
  server.on('checkExpectation', serve);
  server.on('connection', (socket) => {
    connections.set(socket, '');
    socket.on('data', (chunk) => connections.set(socket, connections.get(socket) + chunk.toString('latin1')));
  });
  const refuse = (socket: Duplex) => {
    refused++;
    socket.end(`HTTP/1.1 400 Bad Request\r\n${SEEN_FIELD}: none\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
  };
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code?.startsWith('HPE_') && socket.writable) refuse(socket);
    else socket.destroy();
  });
  server.on('connect', (_request, socket) => {
    socket.on('error', () => {}).resume();
    refuse(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    take() {
      const recording = { requests, refused, connections: [...connections.values()].filter((bytes) => bytes !== '') };
      [requests, refused] = [[], 0];
      for (const socket of connections.keys()) {
        if (socket.destroyed) connections.delete(socket);
        else connections.set(socket, '');
      }
      return recording;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function read(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += (chunk as Buffer).toString('latin1');
  return body;
}
