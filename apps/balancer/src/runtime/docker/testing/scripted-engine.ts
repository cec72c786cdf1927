// Owns an engine that misbehaves on purpose (hangs, lies, cuts its streams), which the real one cannot be made to do. It
// speaks HTTP on a Unix socket; what talks to it is the real client.
import Docker from 'dockerode';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Deadlines, EngineClient } from '../engine-client.js';

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly response: ServerResponse;
  /** Answers with JSON. */
  readonly json: (status: number, body: unknown) => void;
}

/** Not answering is a behaviour, too: the call hangs. */
export type Script = (call: Call) => void;

const DEADLINES: Deadlines = { query: 250, change: 250, stop: 250 };

export async function startScriptedEngine(script: Script) {
  const folder = mkdtempSync(join(tmpdir(), 'hashflow-engine-'));
  const socketPath = join(folder, 'engine.sock');
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://engine');
    const json = (status: number, body: unknown) =>
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    script({ method: request.method ?? '', path: url.pathname, query: url.searchParams, response, json });
  });
  server.listen(socketPath);
  await once(server, 'listening');
  return {
    client: (deadlines: Deadlines = DEADLINES) => new EngineClient(new Docker({ socketPath }), deadlines),
    /** Cuts every connection, streams included. */
    cut: () => server.closeAllConnections(),
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type ScriptedEngine = Awaited<ReturnType<typeof startScriptedEngine>>;
