// The balancer, or npm in front of it, as the first process of a container: signals have no default effect there,
// and orphans become its children.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Balancer, environment, eventually, MAIN, newHome } from './harness.js';
import { call, replicasOf } from './http-client.js';

const ROOT = join(import.meta.dirname, '../../..');
const SLOW = `${process.execPath} ${join(import.meta.dirname, 'replicas/slow.mjs')}`;
const NAMESPACE = ['--pid', '--fork', '--mount-proc', '--kill-child'];

/** Needs root on Linux; a container in a test of its own would need an image with npm. */
const possible = spawnSync('unshare', [...NAMESPACE, 'true']).status === 0;
const describeAsRoot = possible ? describe : describe.skip;

/** The first process of the namespace, as this namespace sees it. */
function firstProcess(unshare: number): number {
  return Number(readFileSync(`/proc/${unshare}/task/${unshare}/children`, 'utf8').trim().split(' ')[0]);
}

describeAsRoot('as the first process (TRAPS 15)', () => {
  it.each([
    ['the balancer', [process.execPath, MAIN]],
    ['npm start', ['npm', 'start', '--silent']],
  ])(
    '%s takes SIGTERM, lets a request in flight finish and ends by itself',
    async (_what, command) => {
      const home = newHome();
      const unshare = spawn('unshare', [...NAMESPACE, ...command], {
        cwd: ROOT,
        env: environment(home, { RUNTIME: 'process', N: '1', REPLICA_COMMAND: SLOW }),
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let output = '';
      unshare.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      const ended = new Promise<number | null>((resolve) => unshare.once('close', resolve));
      try {
        const line = await eventually('the serving line', () => /\{"event":"serving".*\}/.exec(output)?.[0], 60_000);
        const { dataUrl, adminUrl } = JSON.parse(line) as Balancer;
        const answer = call(`${dataUrl}/slow?ms=1500`);
        await eventually('the request in flight', async () =>
          (await replicasOf(adminUrl)).some(({ inFlight }) => inFlight > 0) ? true : undefined,
        );
        process.kill(firstProcess(unshare.pid ?? 0), 'SIGTERM');
        expect(await answer).toMatchObject({ status: 200 });
        expect(await ended).toBe(0);
      } finally {
        unshare.kill('SIGKILL'); // no effect where all went well: it has ended
      }
    },
    90_000,
  );
});
