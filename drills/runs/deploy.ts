// Owns the drill on a rolling deploy, and starting one for whoever wants it under way.
import { type Drill, Skipped } from '../drill.ts';
import type { Rig } from '../rig/rig.ts';

const DEPLOY_MS = 180_000;

/** As the balancer documents itself: a route that is not there is not guessed at. */
export async function hasDeploy(rig: Rig): Promise<boolean> {
  const { json } = await rig.call('GET', '/docs/json');
  return '/api/deploy' in (json as { paths: object }).paths;
}

/**
 * Deploys another edition of the replicas and waits until the roll is over, in whatever way.
 * @returns how: `rolled-out`, `rolled-back` or `failed`
 */
export async function startDeploy(rig: Rig, edition: string): Promise<string> {
  const env = { ...rig.replicaEnv, DRILL_EDITION: edition };
  const { status, json } = await rig.call('POST', '/api/deploy', { env });
  if (status >= 300) throw new Error(`POST /api/deploy: ${status} ${JSON.stringify(json)}`);
  return rig.until(
    'the end of the deploy',
    async () => {
      const answer = await rig.call('GET', '/api/deploy');
      const now = (answer.json as { status: string }).status;
      return ['rolled-out', 'rolled-back', 'failed'].includes(now) ? now : undefined;
    },
    DEPLOY_MS,
  );
}

export const deploy: Drill = {
  id: 'deploy',
  title: 'A rolling deploy',
  text: '`POST /api/deploy` of another environment: three replicas are replaced one by one.',
  runtimes: ['process', 'docker'],
  replicas: 3,
  limitMs: 1_000,
  returns: true,
  async act(stage) {
    if (!(await hasDeploy(stage.rig))) throw new Skipped('this balancer has no POST /api/deploy');
    const at = stage.mark('POST /api/deploy');
    const how = await startDeploy(stage.rig, 'second');
    stage.mark(how);
    if (how !== 'rolled-out') throw new Error(`the deploy ended as ${how}`);
    await stage.rig.allReady(3);
    return { victim: 'Server 1', at };
  },
};
