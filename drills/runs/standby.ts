// Owns the drills on a pool with a standby: a crash and an addition that are served by an instance which runs already.
import { type Act, type Drill, Skipped, type Stage } from '../drill.ts';

const VICTIM = 'Server 2';
const BOTH = ['process', 'docker'] as const;
const SETTINGS = { STANDBY: '1' };

/** @throws Skipped where the balancer knows no standby */
async function standbyReady({ rig }: Stage): Promise<void> {
  const look = async () => {
    const { json } = await rig.call('GET', '/api/status');
    return (json as { standby?: { ready: number } }).standby;
  };
  if (!(await look())) throw new Skipped('this balancer has no STANDBY');
  await rig.until('a standby that is ready', async () => ((await look())?.ready === 1 ? true : undefined));
}

export const standby: Drill = {
  id: 'standby',
  title: 'A replica is killed, with a standby',
  text: 'SIGKILL to one of three replicas while a fourth instance stands by.',
  runtimes: BOTH,
  replicas: 3,
  settings: SETTINGS,
  limitMs: 1_000,
  returns: true,
  async act(stage): Promise<Act> {
    await standbyReady(stage);
    const old = (await stage.rig.replica(VICTIM)).instance?.id;
    const at = stage.mark('SIGKILL', await stage.rig.kill(VICTIM));
    await stage.rig.returned(VICTIM, old);
    stage.mark('standby serves');
    await standbyReady(stage);
    stage.mark('next standby ready');
    return { victim: VICTIM, at };
  },
};

export const promote: Drill = {
  id: 'promote',
  title: 'A replica is added, with a standby',
  text: '`POST /add` of a fourth while an instance stands by.',
  runtimes: BOTH,
  replicas: 3,
  settings: SETTINGS,
  limitMs: 1_000,
  returns: true,
  async act(stage): Promise<Act> {
    await standbyReady(stage);
    const at = stage.mark('POST /add');
    await stage.rig.change('POST', '/add?wait=ready', { n: 1, hostnames: ['new'] });
    stage.mark('new is ready');
    await standbyReady(stage);
    stage.mark('next standby ready');
    return { victim: 'new', at };
  },
};
