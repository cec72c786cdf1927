// The balancer, or npm in front of it, as the first process of a container: signals have no default effect there,
// and orphans become its children.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Balancer, environment, eventually, MAIN, newHome } from './harness.js';
import { HOLDING, holdersOf, LET_GO } from './held-requests.js';

const ROOT = join(import.meta.dirname, '../../..');
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
        env: environment(home, { RUNTIME: 'process', N: '1', REPLICA_COMMAND: HOLDING }),
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let output = '';
      for (const stream of [unshare.stdout, unshare.stderr])
        stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
      const ended = new Promise<number | null>((resolve) => unshare.once('close', resolve));
      try {
        const line = await eventually('the serving line', () => /\{"event":"serving".*\}/.exec(output)?.[0], 60_000);
        const { hold, letGo } = await holdersOf(JSON.parse(line) as Balancer);
        const { answers } = await hold();
        process.kill(firstProcess(unshare.pid ?? 0), 'SIGTERM');
        await eventually('the signal is heard', () => (output.includes('Draining') ? true : undefined));
        await letGo();
        expect(await answers).toMatchObject([LET_GO]);
        expect(await ended).toBe(0);
      } finally {
        unshare.kill('SIGKILL'); // no effect where all went well: it has ended
      }
    },
    90_000,
  );
});
