// Owns finding a port for who has to know it before it listens, or that nobody shall listen on. Suites run side by side, and what one of
// them has just closed the system may give to another one: these are ports that it gives to nobody who asks for any.
import { createServer } from 'node:net';

/** Below those that Linux (from 32768) and macOS (from 49152) draw from. */
const FIRST = 20_000;
const COUNT = 10_000;

/** A port of loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
