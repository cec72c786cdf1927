// Owns a bad line between the balancer and the real Docker engine: calls pass as they are, unless a test holds them up, and the
// event stream can be doubled and turned around, cut in the middle of a line, or left open and silent.
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ENGINE = '/var/run/docker.sock';

/** swapped: each event twice, behind the next one · cut: half of each event, then the end · silent: open, and nothing comes. */
export type Line = 'good' | 'swapped' | 'cut' | 'silent';

export interface EngineProxy {
  /** For DOCKER_HOST. */
  readonly url: string;
  line: Line;
  /** Calls that are never answered. */
  holds: (method: string, path: string) => boolean;
  close(): Promise<void>;
}

export async function startEngineProxy(): Promise<EngineProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'hashflow-line-'));
  const socketPath = join(folder, 'engine.sock');
  const server = http.createServer((incoming, outgoing) => {
    const { method = 'GET', url = '/', headers } = incoming;
    if (proxy.holds(method, url)) return;
    const request = http.request({ socketPath: ENGINE, method, path: url, headers }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      outgoing.flushHeaders();
      if (/\/events\b/.test(url))
        response
          .on(
            'data',
            mangler(() => proxy.line, outgoing),
          )
          .on('end', () => outgoing.end());
      else response.pipe(outgoing);
    });
    request.on('error', () => outgoing.destroy());
    outgoing.on('close', () => request.destroy());
    incoming.pipe(request);
  });
  const proxy: EngineProxy = {
    url: `unix://${socketPath}`,
    line: 'good',
    holds: () => false,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return proxy;
}

/** Takes the chunks of one event stream, of which each is one event or several, and writes what becomes of them. */
function mangler(line: () => Line, out: http.ServerResponse): (chunk: Buffer) => void {
  let held = '';
  return (chunk) => {
    const text = chunk.toString();
    switch (line()) {
      case 'good':
        out.write(text);
        return;
      case 'swapped':
        out.write(text + held + text);
        held = text;
        return;
      case 'cut':
        out.write(text.slice(0, text.length / 2));
        out.destroy();
        return;
      case 'silent':
        return;
    }
  };
}
