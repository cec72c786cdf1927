// Owns the drill on a rolling deploy, and starting one for whoever wants it under way.
import { type Drill, Skipped } from '../drill.ts';
import type { Rig } from '../rig/rig.ts';

const DEPLOY_MS = 180_000;

/** As the balancer documents itself: a route that is not there is not guessed at. */
export async function hasDeploy(rig: Rig): Promise<boolean> {
  const { json } = await rig.call('GET', '/docs/json');
  return '/api/deploy' in (json as { paths: object }).paths;
}

/** Begins to deploy another edition of the replicas. @throws Error unless it is taken on */
export async function beginDeploy(rig: Rig, edition: string): Promise<void> {
  await rig.change('POST', '/api/deploy', { env: { DRILL_EDITION: edition } });
}

/** Waits until the deploy is over, whoever restarts meanwhile. @returns how: `rolled-out`, `rolled-back` or `failed` */
export function deployEnded(rig: Rig): Promise<string> {
  return rig.until(
    'the end of the deploy',
    async () => {
      const { json } = await rig.call('GET', '/api/deploy');
      const { status } = json as { status: string };
      return ['rolled-out', 'rolled-back', 'failed'].includes(status) ? status : undefined;
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
    await beginDeploy(stage.rig, 'second');
    const how = await deployEnded(stage.rig);
    stage.mark(how);
    if (how !== 'rolled-out') throw new Error(`the deploy ended as ${how}`);
    await stage.rig.allReady(3);
    return { victim: 'Server 1', at };
  },
};
