// Owns the drills on the balancer itself and on the engine: a worker thread, the data process, control, dockerd.
import { type Drill, Skipped } from '../drill.ts';
import { monotonic, pause } from '../rig/clock.ts';
import { endWorker } from '../rig/inspector.ts';

const BOTH = ['process', 'docker'] as const;

export const worker: Drill = {
  id: 'worker',
  title: 'A worker thread dies',
  text: 'One of two worker threads of the data process ends in the middle of its work. The connections that it carried are cut; the other one goes on, and it is replaced.',
  runtimes: ['process'],
  replicas: 3,
  settings: { WORKERS: '2' },
  limitMs: 1_000,
  returns: false,
  async act(stage) {
    const at = monotonic();
    await endWorker(stage.rig.dataPid);
    stage.mark('worker ended', at);
    await pause(1_000);
    // Only what was on its connections in that moment may be lost.
    return { at, outageUntil: monotonic() - 500 };
  },
};

export const data: Drill = {
  id: 'data',
  title: 'The data process is killed',
  text: 'SIGKILL to the data process: every connection breaks, and control starts another one on the same port.',
  runtimes: BOTH,
  replicas: 3,
  limitMs: 1_000,
  returns: false,
  async act(stage) {
    const { rig } = stage;
    const at = monotonic();
    process.kill(rig.dataPid, 'SIGKILL');
    stage.mark('SIGKILL', at);
    await rig.until('an answer on the data port', async () => {
      const response = await fetch(`${rig.dataUrl}/work/o0`, { headers: { connection: 'close' } });
      await response.text();
      return response.status === 200 ? true : undefined;
    });
    return { at, outageUntil: stage.mark('answers again') };
  },
};

export const control: Drill = {
  id: 'control',
  title: 'Control is killed and started again',
  text: 'SIGKILL to the control process; a second later it is started on the same state. On Docker it adopts the containers, local processes are succeeded one by one.',
  runtimes: BOTH,
  replicas: 3,
  limitMs: 1_000,
  returns: false,
  async act(stage) {
    const at = stage.mark('SIGKILL', await stage.rig.killControl());
    await pause(1_000);
    await stage.rig.startControl();
    stage.mark('control serves');
    await stage.rig.allReady(3);
    stage.mark('all ready');
    await pause(1_000);
    return { at };
  },
};

export const engineLive: Drill = engineDrill('engine-live', 'live', {
  title: 'The engine restarts, with --live-restore',
  text: 'SIGTERM to dockerd, which leaves the containers running; two seconds later it is started again.',
});

export const engine: Drill = engineDrill('engine', 'plain', {
  title: 'The engine restarts, and takes the containers down',
  text: 'SIGTERM to dockerd, which ends all containers; two seconds later it is started again, and the pool is made anew. Requests wait meanwhile (`NO_REPLICA_WAIT=20s`), at most 1000 of them, hence the low rate.',
  settings: { NO_REPLICA_WAIT: '20s' },
  mostRate: 40,
});

function engineDrill(
  id: string,
  kind: 'plain' | 'live',
  words: Pick<Drill, 'title' | 'text' | 'settings' | 'mostRate'>,
): Drill {
  return {
    id,
    ...words,
    runtimes: ['docker'],
    replicas: 3,
    engine: kind,
    limitMs: 1_000,
    returns: false,
    async act(stage) {
      const { rig } = stage;
      if (!rig.engine) throw new Skipped('there is no engine of its own');
      if (kind === 'plain') await rig.doomAll();
      const at = stage.mark('SIGTERM to dockerd');
      await rig.engine.stop();
      stage.mark('dockerd has ended');
      await pause(2_000);
      await rig.engine.start();
      stage.mark('dockerd answers');
      await rig.until('the engine in view', async () => {
        const { json } = await rig.call('GET', '/api/status');
        return (json as { engine: { status: string } }).engine.status === 'ok' ? true : undefined;
      });
      await rig.allReady(3);
      const ready = stage.mark('all ready');
      await pause(1_000);
      return { at, ...(kind === 'plain' && { outageUntil: ready }) };
    },
  };
}
