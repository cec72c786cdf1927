// Owns what every adapter of the ReplicaRuntime port promises, as one suite that each runs against real replicas.
// What only one adapter does is tested beside it.
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Address, InstanceSpec, ObservedInstance, ReplicaRuntime, RuntimeHint } from '../replica-runtime.js';
import { RuntimeError } from '../runtime-error.js';
import { eventually } from './eventually.js';

/** A pool to run the suite in. */
export interface Bench {
  readonly runtime: ReplicaRuntime;
  /** Where a static replica runs; other runtimes give none. */
  readonly address?: Address & { readonly url: string };
  /** Ends all that the bench made. */
  dispose(): Promise<void>;
}

export interface ContractOptions {
  /** A pool that no other bench shares. */
  makeBench(): Promise<Bench>;
  /** Instances live and die by start and stop; false where they run elsewhere. */
  readonly ownsLife: boolean;
  /** `describe.skip` where the runtime has nothing to run on. */
  readonly suite?: typeof describe;
}

const SLOTS = ['Server 4', 'Server_4', 'Server-4', 'server 4', 'Server.4'];

export function describeReplicaRuntime(name: string, options: ContractOptions): void {
  const suite = options.suite ?? describe;
  suite(`${name} keeps the contract of the port:`, () => {
    const benches: Bench[] = [];

    async function openBench() {
      const bench = await options.makeBench();
      benches.push(bench);
      const workload = await bench.runtime.prepare(() => {});
      const spec = (slot: string, generation = 1, specHash = 'spec-1'): InstanceSpec => ({
        slot,
        generation,
        specHash,
        workload,
        ...(bench.address && { address: bench.address }),
      });
      return { ...bench, workload, spec };
    }

    async function find(runtime: ReplicaRuntime, id: string): Promise<ObservedInstance | undefined> {
      return (await runtime.list()).find((instance) => instance.id === id);
    }

    afterEach(async () => {
      for (const bench of benches.splice(0)) await bench.dispose();
    });

    it('prepare can be repeated and gives the same workload', async () => {
      const { runtime, workload } = await openBench();
      expect(await runtime.prepare(() => {})).toEqual(workload);
      expect(workload.healthPath).toBe('/heartbeat');
    });

    it('a new pool has no instances', async () => {
      const { runtime } = await openBench();
      expect(await runtime.list()).toEqual([]);
    });

    it('what was created is listed with its slot, generation and spec hash, and is nobody’s leftover', async () => {
      const { runtime, spec } = await openBench();
      const id = await runtime.create(spec('Server 4', 7, 'abc'));
      expect(await find(runtime, id)).toMatchObject({
        slot: 'Server 4',
        generation: 7,
        specHash: 'abc',
        leftover: false,
      });
    });

    it('creating the same instance twice, also at once, makes one', async () => {
      const { runtime, spec } = await openBench();
      const [first, second] = await Promise.all([runtime.create(spec('S1')), runtime.create(spec('S1'))]);
      expect([second, await runtime.create(spec('S1'))]).toEqual([first, first]);
      expect(await runtime.list()).toHaveLength(1);
    });

    it('the same slot and generation with another spec hash is a conflict (TRAPS 6)', async () => {
      const { runtime, spec } = await openBench();
      const id = await runtime.create(spec('S1'));
      const failure = await runtime.create(spec('S1', 1, 'other')).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(RuntimeError);
      expect(failure).toMatchObject({ code: 'conflict', retryable: true });
      expect((await runtime.list()).map((instance) => instance.id)).toEqual([id]);
    });

    it('look-alike slots stay apart (TRAPS 6)', async () => {
      const { runtime, spec } = await openBench();
      for (const slot of SLOTS) await runtime.create(spec(slot));
      expect((await runtime.list()).map((instance) => instance.slot).sort()).toEqual([...SLOTS].sort());
    });

    it('the next generation of a slot is another instance, beside the one that leaves (TRAPS 6)', async () => {
      const { runtime, spec } = await openBench();
      const old = await runtime.create(spec('S5', 1));
      await runtime.start(old);
      const successor = await runtime.create(spec('S5', 2));
      expect(successor).not.toBe(old);
      await runtime.remove(old);
      expect(await runtime.list()).toMatchObject([{ id: successor, generation: 2 }]);
    });

    it('a started instance runs and answers at its address', async () => {
      const { runtime, spec } = await openBench();
      const id = await runtime.create(spec('Server 1'));
      await runtime.start(id);
      await runtime.start(id);
      const instance = await find(runtime, id);
      expect(instance?.state).toBe('running');
      const { host, port } = instance!.address!;
      const response = await eventually(() => fetch(`http://${host}:${port}/heartbeat`));
      expect(response.status).toBe(200);
    });

    it('a stopped instance is not running any more, and stopping it again is success', async () => {
      const { runtime, spec } = await openBench();
      const id = await runtime.create(spec('S1'));
      await runtime.start(id);
      await runtime.stop(id, 2_000);
      expect((await find(runtime, id))?.state ?? 'exited').toBe('exited');
      await runtime.stop(id, 2_000);
    });

    it('a removed instance is gone, and removing it again is success', async () => {
      const { runtime, spec } = await openBench();
      const id = await runtime.create(spec('S1'));
      await runtime.start(id);
      await runtime.remove(id);
      expect(await runtime.list()).toEqual([]);
      await runtime.remove(id);
      await runtime.stop(id, 0);
      expect(await runtime.logs(id, 10)).toEqual([]);
      expect(await collect(runtime.follow(id, 10, new AbortController().signal))).toEqual([]);
    });

    it('an instance that was never started can be removed', async () => {
      const { runtime, spec } = await openBench();
      await runtime.remove(await runtime.create(spec('S1')));
      expect(await runtime.list()).toEqual([]);
    });

    it('starting an instance that is gone fails as retryable', async () => {
      const { runtime, spec } = await openBench();
      const id = await runtime.create(spec('S1'));
      await runtime.remove(id);
      await expect(runtime.start(id)).rejects.toMatchObject({ code: 'failed', retryable: true });
    });

    it('an id is never given twice, not even to the same slot and generation', async () => {
      const { runtime, spec } = await openBench();
      const first = await runtime.create(spec('S1'));
      await runtime.remove(first);
      expect(await runtime.create(spec('S1'))).not.toBe(first);
    });

    it('a renamed instance fills the other slot, under its own id and address, and its old place is free (TRAPS 7)', async () => {
      const { runtime, spec } = await openBench();
      const id = await runtime.create(spec('-standby-1', 3, 'abc'));
      await runtime.start(id);
      const before = (await find(runtime, id))!;
      await runtime.rename(id, { slot: 'Server 4', generation: 7 });
      expect(await find(runtime, id)).toEqual({ ...before, slot: 'Server 4', generation: 7 });
      expect(await runtime.create(spec('-standby-1', 3, 'abc'))).not.toBe(id);
      expect(await runtime.create(spec('Server 4', 7, 'abc'))).toBe(id);
    });

    it('renaming an instance to the place that it has is success, also when asked twice at once (TRAPS 7)', async () => {
      const { runtime, spec } = await openBench();
      const id = await runtime.create(spec('S1'));
      const place = { slot: 'S2', generation: 5 };
      await Promise.all([runtime.rename(id, place), runtime.rename(id, place)]);
      await runtime.rename(id, place);
      expect(await runtime.list()).toMatchObject([{ id, ...place }]);
    });

    it('an instance is not renamed to a place that another one has (TRAPS 7)', async () => {
      const { runtime, spec } = await openBench();
      const [id, other] = [await runtime.create(spec('-standby-1')), await runtime.create(spec('S1', 2))];
      await expect(runtime.rename(id, { slot: 'S1', generation: 2 })).rejects.toMatchObject({ code: 'conflict' });
      expect(await find(runtime, id)).toMatchObject({ slot: '-standby-1', generation: 1 });
      expect(await find(runtime, other)).toMatchObject({ slot: 'S1', generation: 2 });
    });

    it('renaming an instance that is gone fails as retryable', async () => {
      const { runtime, spec } = await openBench();
      const id = await runtime.create(spec('S1'));
      await runtime.remove(id);
      const failure = runtime.rename(id, { slot: 'S2', generation: 1 });
      await expect(failure).rejects.toMatchObject({ code: 'failed', retryable: true });
    });

    it('two pools never see each other’s instances (TRAPS 5)', async () => {
      const [a, b] = [await openBench(), await openBench()];
      const [ofA, ofB] = [await a.runtime.create(a.spec('S1')), await b.runtime.create(b.spec('S1'))];
      expect((await a.runtime.list()).map(({ id }) => id)).toEqual([ofA]);
      await a.runtime.remove(ofB).catch(() => {});
      await a.runtime.remove(ofA);
      await a.runtime.cleanup();
      expect((await b.runtime.list()).map(({ id }) => id)).toEqual([ofB]);
    });

    it('a watcher is told to look again, until it stops watching', async () => {
      const { runtime, spec } = await openBench();
      const hints: RuntimeHint[] = [];
      const unwatch = runtime.watch((hint) => hints.push(hint));
      const id = await runtime.create(spec('S1'));
      await runtime.start(id);
      await eventually(() => expect(hints.some((hint) => hint.instanceId === id)).toBe(true));
      unwatch();
      await runtime.remove(id);
      const told = hints.length;
      await runtime.create(spec('S2'));
      await runtime.list();
      expect(hints).toHaveLength(told);
    });

    it('closing touches no instance', async () => {
      const { runtime, spec } = await openBench();
      const id = await runtime.create(spec('S1'));
      await runtime.start(id);
      const { host, port } = (await find(runtime, id))!.address!;
      await runtime.close();
      expect((await eventually(() => fetch(`http://${host}:${port}/heartbeat`))).status).toBe(200);
    });

    if (!options.ownsLife) return;

    it('a killed instance is seen as exited with its signal, and the watcher hears that it died', async () => {
      const { runtime, spec } = await openBench();
      const hints: RuntimeHint[] = [];
      runtime.watch((hint) => hints.push(hint));
      const id = await runtime.create(spec('S1'));
      await runtime.start(id);
      process.kill((await find(runtime, id))!.pid!, 'SIGKILL');
      await eventually(() => expect(hints).toContainEqual({ kind: 'died', instanceId: id }));
      const instance = await find(runtime, id);
      expect(instance).toMatchObject({ state: 'exited', exit: { signal: 'SIGKILL', oom: false } });
      expect(instance!.exit!.at).toBeGreaterThanOrEqual(instance!.startedAt!);
    });

    it('a replica that is asked to stop ends by itself, with code 0', async () => {
      const { runtime, spec } = await openBench();
      const id = await runtime.create(spec('S1'));
      await runtime.start(id);
      const { host, port } = (await find(runtime, id))!.address!;
      await eventually(() => fetch(`http://${host}:${port}/heartbeat`, { headers: { connection: 'close' } }));
      await runtime.stop(id, 10_000);
      expect(await find(runtime, id)).toMatchObject({ state: 'exited', exit: { code: 0, signal: null } });
    });

    it('a frozen replica is seen as paused, and can be stopped all the same', async () => {
      const { runtime, spec } = await openBench();
      const id = await runtime.create(spec('S1'));
      await runtime.start(id);
      process.kill((await find(runtime, id))!.pid!, 'SIGSTOP');
      // A process is frozen by a signal, a container by its engine: only the first can be done the same way everywhere.
      if (runtime.kind === 'process')
        await eventually(async () => expect((await find(runtime, id))?.state).toBe('paused'));
      await runtime.stop(id, 1_000);
      expect((await find(runtime, id))?.state).toBe('exited');
    });

    it('keeps the last lines of output, also of an instance that has ended', async () => {
      const { runtime, spec } = await openBench();
      const id = await runtime.create(spec('Server 1'));
      await runtime.start(id);
      await eventually(async () => expect((await runtime.logs(id, 5)).join('\n')).toContain('Server 1 listens on'));
      await runtime.stop(id, 5_000);
      expect((await runtime.logs(id, 5)).join('\n')).toContain('Server 1 listens on');
    });

    it('a renamed instance keeps what it has written, and goes on writing', async () => {
      const { runtime, spec } = await openBench();
      const id = await runtime.create(spec('-standby-1'));
      await runtime.start(id);
      await eventually(async () => expect((await runtime.logs(id, 5)).join('\n')).toContain('listens on'));
      const before = await runtime.logs(id, 1000);
      await runtime.rename(id, { slot: 'Server 1', generation: 2 });
      expect(await runtime.logs(id, 1000)).toEqual(before);
      await runtime.stop(id, 5_000);
      expect((await runtime.logs(id, 1000)).slice(0, before.length)).toEqual(before);
    });

    it('what follows ends with the instance, and has all that it wrote, old lines first', async () => {
      const { runtime, spec } = await openBench();
      const id = await runtime.create(spec('Server 1'));
      await runtime.start(id);
      await eventually(async () => expect((await runtime.logs(id, 5)).join('\n')).toContain('Server 1 listens on'));
      const following = collect(runtime.follow(id, 1000, new AbortController().signal));
      await runtime.stop(id, 5_000);
      const lines = await following;
      expect(lines).toEqual(await runtime.logs(id, 1000));
      expect(lines.at(-1)).toContain('Server 1 listens on');
      expect(await collect(runtime.follow(id, 0, new AbortController().signal))).toEqual([]);
    });

    it('following ends when its signal is given, and when the runtime closes', async () => {
      const { runtime, spec } = await openBench();
      const id = await runtime.create(spec('S1'));
      await runtime.start(id);
      const reader = new AbortController();
      const [left, closed] = [reader.signal, new AbortController().signal].map((signal) =>
        collect(runtime.follow(id, 0, signal)),
      );
      reader.abort();
      await left;
      await runtime.close();
      await closed;
      expect((await find(runtime, id))?.state).toBe('running');
    });
  });
}

async function collect(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
}
