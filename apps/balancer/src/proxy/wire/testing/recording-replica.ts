// Owns a replica that keeps all that it is sent: the bytes of each connection, and the requests that node:http in strict mode
// finds in them. Its answers carry a number, so that an answer can be told from one that a proxy made.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

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
  /** How often a connection was given up because what came was no HTTP for a strict reader. */
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
  const server = createServer({ insecureHTTPParser: false, requireHostHeader: false }, (request, response) => {
    void read(request).then(
      (body) => {
        const { method = '', url: target = '', headers } = request;
        requests.push({ method, target, host: headers.host, body });
        response.writeHead(200, { [SEEN_FIELD]: String(serial++), 'Content-Type': 'text/plain' });
        response.end(`${method} ${target}`);
      },
      () => {},
    );
  });
  server.on('connection', (socket) => {
    connections.set(socket, '');
    socket.on('data', (chunk) => connections.set(socket, connections.get(socket) + chunk.toString('latin1')));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code?.startsWith('HPE_')) refused++;
    socket.destroy();
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
