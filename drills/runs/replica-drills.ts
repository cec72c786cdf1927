// Owns the drills on one replica: what happens to it without being asked for, and what operators ask of it.
import type { Drill, Stage } from '../drill.ts';
import { monotonic, pause } from '../rig/clock.ts';
import { RESPONSE_TIMEOUT_MS } from '../rig/settings.ts';

const VICTIM = 'Server 2';
const BOTH = ['process', 'docker'] as const;
/** What a request may take when it is sent elsewhere at once. */
const QUICK_MS = 1_000;
/** What it may take when a replica holds it until the balancer gives it up. */
const HELD_MS = RESPONSE_TIMEOUT_MS + QUICK_MS;

async function instanceOf({ rig }: Stage): Promise<string | undefined> {
  return (await rig.replica(VICTIM)).instance?.id;
}

export const kill: Drill = {
  id: 'kill',
  title: 'A replica is killed',
  text: 'SIGKILL to one of three replicas.',
  runtimes: BOTH,
  replicas: 3,
  limitMs: QUICK_MS,
  returns: true,
  async act(stage) {
    const old = await instanceOf(stage);
    const at = stage.mark('SIGKILL', await stage.rig.kill(VICTIM));
    await stage.rig.returned(VICTIM, old);
    stage.mark('ready again');
    return { victim: VICTIM, at };
  },
};

export const freeze: Drill = {
  id: 'freeze',
  title: 'A replica freezes',
  text: 'SIGSTOP or `docker pause`: it keeps its connections and answers nothing, until it is replaced.',
  runtimes: BOTH,
  replicas: 3,
  limitMs: HELD_MS,
  returns: true,
  async act(stage) {
    const old = await instanceOf(stage);
    const at = stage.mark('frozen', await stage.rig.freeze(VICTIM));
    await stage.rig.returned(VICTIM, old);
    stage.mark('ready again');
    return { victim: VICTIM, at };
  },
};

export const hang: Drill = {
  id: 'hang',
  title: 'A replica hangs, and its probes pass',
  text: 'It answers every probe and no request, until it is restarted by hand: only what requests come to can tell.',
  runtimes: BOTH,
  replicas: 3,
  limitMs: HELD_MS,
  returns: true,
  async act(stage) {
    const old = await instanceOf(stage);
    const at = stage.mark('hangs', await stage.rig.behave(VICTIM, 'never'));
    await pause(6_000);
    stage.mark('POST …/restart');
    await stage.rig.tell(VICTIM, 'restart');
    await stage.rig.returned(VICTIM, old);
    stage.mark('ready again');
    return { victim: VICTIM, at };
  },
};

const SLOW_MS = 400;

export const slow: Drill = {
  id: 'slow',
  title: 'A replica is slow',
  text: `For three seconds it answers every request ${SLOW_MS} ms late, its probes at once. The bound on load sends a part of its keys elsewhere.`,
  runtimes: BOTH,
  replicas: 3,
  limitMs: SLOW_MS + QUICK_MS,
  returns: false,
  async act(stage) {
    const at = stage.mark(`${SLOW_MS} ms late`, await stage.rig.behave(VICTIM, SLOW_MS));
    await pause(3_000);
    stage.mark('quick again', await stage.rig.behave(VICTIM, 0));
    return { victim: VICTIM, at };
  },
};

export const restart: Drill = {
  id: 'restart',
  title: 'A replica is restarted',
  text: '`POST /api/replicas/NAME/restart`: its successor takes over, then it drains.',
  runtimes: BOTH,
  replicas: 3,
  limitMs: QUICK_MS,
  returns: true,
  async act(stage) {
    const old = await instanceOf(stage);
    const at = stage.mark('POST …/restart');
    await stage.rig.tell(VICTIM, 'restart');
    await stage.rig.returned(VICTIM, old);
    stage.mark('successor ready');
    await pause(1_000);
    return { victim: VICTIM, at };
  },
};

export const drain: Drill = {
  id: 'drain',
  title: 'A replica is drained and put back',
  text: '`POST …/drain`, two seconds, `POST …/undrain`.',
  runtimes: BOTH,
  replicas: 3,
  limitMs: QUICK_MS,
  returns: false,
  async act(stage) {
    const at = stage.mark('POST …/drain');
    await stage.rig.tell(VICTIM, 'drain');
    const from = stage.mark('drained');
    await pause(2_000);
    const to = stage.mark('POST …/undrain');
    await stage.rig.tell(VICTIM, 'undrain');
    await stage.rig.allReady();
    stage.mark('ready');
    return { victim: VICTIM, at, closed: [{ name: VICTIM, from, to }] };
  },
};

export const add: Drill = {
  id: 'add',
  title: 'A replica is added',
  text: '`POST /add` of a fourth.',
  runtimes: BOTH,
  replicas: 3,
  limitMs: QUICK_MS,
  returns: true,
  async act(stage) {
    const at = stage.mark('POST /add');
    await stage.rig.change('POST', '/add?wait=ready', { n: 1, hostnames: ['new'] });
    stage.mark('new is ready');
    return { victim: 'new', at };
  },
};

export const remove: Drill = {
  id: 'remove',
  title: 'A replica is removed',
  text: '`DELETE /rm` of one of four.',
  runtimes: BOTH,
  replicas: 4,
  limitMs: QUICK_MS,
  returns: false,
  async act(stage) {
    const at = stage.mark('DELETE /rm');
    await stage.rig.change('DELETE', '/rm', { n: 1, hostnames: [VICTIM] });
    const from = monotonic();
    await pause(1_500);
    return { victim: VICTIM, at, closed: [{ name: VICTIM, from, to: Infinity }] };
  },
};
