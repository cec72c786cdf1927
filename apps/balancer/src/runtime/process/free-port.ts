// Owns the choice of a loopback port. Between the choice and the replica's listen another program may take it: the replica
// then exits, and its successor gets another one.
import { createServer } from 'node:net';

export const LOOPBACK = '127.0.0.1';
const TRIES = 20;

/** A port that is free now and not in `taken` (chosen for an instance that does not listen yet). */
export async function freePort(taken: ReadonlySet<number>): Promise<number> {
  for (let tried = 0; tried < TRIES; tried++) {
    const port = await ephemeralPort();
    if (!taken.has(port)) return port;
  }
  throw new Error(`no free port on ${LOOPBACK} in ${TRIES} tries`);
}

function ephemeralPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, LOOPBACK, () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
