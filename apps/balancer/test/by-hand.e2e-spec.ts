// What operators do to replicas with the engine's own commands, behind the balancer's back, while clients go on asking: each
// of them has the outcome that docs/orchestrator.md states.
import type { ReplicaView } from '../src/orchestrator/views/replica-view.js';
import type { SpecView } from '../src/orchestrator/views/spec-view.js';
import { describeWithEngine } from '../src/runtime/testing/engine.js';
import {
  containersOf,
  disconnectContainer,
  imageIds,
  imageOf,
  killContainer,
  limitMemory,
  pauseContainer,
  removeContainer,
  renameContainer,
  restartContainer,
  stopContainer,
  tagImage,
  unpauseContainer,
} from './docker-api.js';
import { type Balancer, eventually, pause, startBalancer } from './harness.js';
import { call, replicasOf, steadyLoad } from './http-client.js';
import { expectAllEnded, expectNoContainers, pidsOf } from './leftovers.js';

const TARGET = 'Server 2';

describeWithEngine('by hand, in the engine (TRAPS 12)', () => {
  let balancer: Balancer;
  let before: ReplicaView;
  let digest: string;
  beforeAll(async () => {
    const env = {
      RUNTIME: 'docker',
      N: '3',
      RESTART_UNHEALTHY_AFTER: '3s',
      DRAIN_TIMEOUT: '3s',
      // So many deaths of one replica within a minute are this suite's doing.
      CRASH_LOOP_LIMIT: '100',
    };
    balancer = await startBalancer({ env });
    digest = await digestOf();
  }, 150_000);
  beforeEach(async () => {
    before = await settled();
  }, 60_000);
  afterAll(async () => {
    const pids = await pidsOf(balancer);
    await balancer.stop('SIGINT');
    await expectAllEnded(pids);
    await expectNoContainers(balancer.pool);
  }, 60_000);

  const view = async () => (await replicasOf(balancer.adminUrl)).find(({ name }) => name === TARGET)!;
  const digestOf = async () => ((await call(`${balancer.adminUrl}/api/ring`)).json as { digest: string }).digest;
  const id = () => before.instance!.id;
  /** All ready, each in one container of its own. @returns the target */
  const settled = () =>
    eventually('three ready replicas in three containers', async () => {
      const views = await replicasOf(balancer.adminUrl);
      const ready = views.length === 3 && views.every(({ state }) => state === 'ready');
      if (!ready || (await containersOf(balancer.pool)).length !== 3) return undefined;
      return views.find(({ name }) => name === TARGET);
    });
  const inState = (state: string) =>
    eventually(`${TARGET} is ${state}`, async () => {
      const now = await view();
      return now.state === state ? now : undefined;
    });
  /** What was done cost no request and moved no key; afterwards the pool is whole again. @returns the target then */
  const underLoad = async (deed: () => Promise<void>): Promise<ReplicaView> => {
    const load = steadyLoad(`${balancer.dataUrl}/home`);
    await pause(100);
    await deed();
    const after = await settled();
    expect((await load.stop(20)).failures).toEqual([]);
    expect(await digestOf()).toBe(digest);
    return after;
  };
  const replaced = (reason: RegExp) =>
    eventually(`${TARGET} is another instance`, async () => {
      const now = await view();
      return now.state === 'ready' && now.instance!.id !== id() && reason.test(now.lastExit?.reason ?? '')
        ? now
        : undefined;
    });

  it('a signal that stops nothing changes nothing (TRAPS 8)', async () => {
    const after = await underLoad(async () => {
      await killContainer(id(), 'SIGWINCH');
      for (let i = 0; i < 20; i++) {
        expect(await view()).toMatchObject({ state: 'ready', since: before.since });
        await pause(25);
      }
    });
    expect(after).toMatchObject({ instance: before.instance, restarts: before.restarts });
  }, 60_000);

  it('docker stop ejects with the signal, and a successor comes', async () => {
    const after = await underLoad(async () => {
      await stopContainer(id());
      await replaced(/.*/);
    });
    expect(after).toMatchObject({ restarts: before.restarts + 1 });
  }, 60_000);

  it('docker kill is a death: replaced in its slot', async () => {
    await underLoad(async () => {
      await killContainer(id());
      await replaced(/SIGKILL/);
    });
  }, 60_000);

  it('docker rm -f is a death that left nothing to look at: replaced in its slot', async () => {
    await underLoad(async () => {
      await removeContainer(id());
      await replaced(/./);
    });
  }, 60_000);

  it('docker pause that lasts is ill health: replaced after RESTART_UNHEALTHY_AFTER', async () => {
    await underLoad(async () => {
      await pauseContainer(id());
      await replaced(/it was unhealthy for 3 s: it is paused by hand/);
    });
  }, 60_000);

  it('docker restart ejects; it serves after a new probe, or its successor does', async () => {
    const after = await underLoad(async () => {
      await restartContainer(id());
      await eventually('it serves again, started later', async () => {
        const { state, instance } = await view();
        return state === 'ready' && instance!.startedAt !== before.instance!.startedAt ? true : undefined;
      });
    });
    expect(Date.parse(after.instance!.startedAt!)).toBeGreaterThan(Date.parse(before.instance!.startedAt!));
  }, 60_000);

  // No load: what is under way on a cut network cable comes to nobody's ears before its timeouts.
  it('docker network disconnect makes it unready, with the reason, and it is replaced after RESTART_UNHEALTHY_AFTER', async () => {
    await disconnectContainer(id(), balancer.pool);
    expect(await inState('unready')).toMatchObject({
      reason: expect.stringMatching(/^its probe fails: |^it has no address$/),
    });
    await replaced(/^it was unhealthy for 3 s: /);
    await settled();
    expect(await digestOf()).toBe(digest);
  }, 60_000);

  it('docker rename to a name that is no slot costs it its place: drained, stopped, replaced', async () => {
    await underLoad(async () => {
      await renameContainer(id(), `${balancer.pool}-mine`);
      await eventually('the renamed one is gone', async () =>
        (await containersOf(balancer.pool)).includes(id()) ? undefined : true,
      );
      await replaced(/^$|./);
    });
  }, 60_000);

  it('docker update changes nothing', async () => {
    const after = await underLoad(async () => {
      await limitMemory(id(), 200 * 1024 ** 2);
      await pause(500);
    });
    expect(after).toMatchObject({ instance: before.instance, since: before.since });
  }, 60_000);

  it('docker tag of another image changes nothing, and a respawn runs what was deployed (TRAPS 13)', async () => {
    const deployed = await imageOf(id());
    const other = (await imageIds()).find((image) => image !== deployed)!;
    const { json } = await call(`${balancer.adminUrl}/api/spec`);
    const reference = (json as SpecView).desired.imageRef!;
    await tagImage(other, reference);
    try {
      const after = await underLoad(async () => {
        await pause(300);
        expect(await view()).toMatchObject({ instance: before.instance, since: before.since });
        await killContainer(id());
        await replaced(/SIGKILL/);
      });
      expect(await imageOf(after.instance!.id)).toBe(deployed);
    } finally {
      await tagImage(deployed, reference);
    }
  }, 60_000);
});

// With all the time of the default RESTART_UNHEALTHY_AFTER, however slow the engine is.
describeWithEngine('docker pause for a moment (TRAPS 12)', () => {
  it('ejects and says so; unpaused, the same instance serves again, and no request fails', async () => {
    const balancer = await startBalancer({ env: { RUNTIME: 'docker', N: '2' } });
    const target = async () => (await replicasOf(balancer.adminUrl))[1];
    const inState = (state: string) =>
      eventually(`it is ${state}`, async () => {
        const now = await target();
        return now.state === state ? now : undefined;
      });
    const before = await inState('ready');
    const load = steadyLoad(`${balancer.dataUrl}/home`);
    await pauseContainer(before.instance!.id);
    expect(await inState('unready')).toMatchObject({ reason: 'it is paused by hand', instance: before.instance });
    await unpauseContainer(before.instance!.id);
    expect(await inState('ready')).toMatchObject({ instance: before.instance, restarts: before.restarts });
    expect((await load.stop(20)).failures).toEqual([]);
    await balancer.stop('SIGINT');
    await expectNoContainers(balancer.pool);
  }, 150_000);
});
