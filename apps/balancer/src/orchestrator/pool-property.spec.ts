// The promises of the orchestrator under random histories: deaths, failing and hanging calls, lost events, adds, removes,
// drains, restarts and weights of replicas, restarts of the balancer, in any order.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { rm } from 'node:fs/promises';
import { RuntimeError } from '../runtime/runtime-error.js';
import { PoolRig } from './testing/pool-rig.js';
import type { Disturbance } from './testing/scripted-runtime.js';

const RUNS = Number(process.env.HASHFLOW_HISTORIES ?? 300);
const MAX_REPLICAS = 6;

type Event =
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'die' | 'vanish' | 'pause' | 'sicken' | 'heal' | 'stopHint' | 'strange'; readonly pick: number }
  | { readonly kind: 'add' | 'remove'; readonly n: number }
  | { readonly kind: 'drain' | 'undrain' | 'restart' | 'weight'; readonly replica: number }
  | {
      readonly kind: 'disturb';
      readonly call: 'list' | 'create' | 'start' | 'stop' | 'remove';
      readonly how: 'fail' | 'away' | 'hang' | 'slow';
      readonly share: number;
    }
  | { readonly kind: 'calm' | 'deafen' | 'hear' | 'mute' | 'answer' | 'kill9' };

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(10, 200, 1500, 8000, 40_000) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'die' as const,
        'die' as const,
        'vanish' as const,
        'pause' as const,
        'sicken' as const,
        'heal' as const,
        'stopHint' as const,
        'strange' as const,
      ),
      pick: fc.nat(20),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('add' as const, 'remove' as const),
      n: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('drain' as const, 'undrain' as const, 'restart' as const, 'weight' as const),
      replica: fc.nat(20),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('disturb' as const),
      call: fc.constantFrom('list' as const, 'create' as const, 'start' as const, 'stop' as const, 'remove' as const),
      how: fc.constantFrom('fail' as const, 'away' as const, 'hang' as const, 'slow' as const),
      share: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'calm' as const,
        'deafen' as const,
        'hear' as const,
        'mute' as const,
        'answer' as const,
        'kill9' as const,
      ),
    }),
  },
);

const OUTCOMES: Record<'fail' | 'away' | 'hang' | 'slow', Disturbance> = {
  fail: { error: new RuntimeError('failed', 'it failed') },
  away: { error: new RuntimeError('unreachable', 'no engine') },
  hang: 'hang',
  slow: { slow: 700 },
};

/** What must hold at every moment. @param everDrained names that were drained at some time */
function checkAlways(rig: PoolRig, everDrained: ReadonlySet<string>): void {
  const serving = rig.link.tables.flatMap(({ epoch, instances }) =>
    instances.filter(({ state }) => state !== 'draining').map(({ replica }) => `${epoch} ${replica}`),
  );
  expect(new Set(serving).size).toBe(serving.length);
  const wanted = new Set(rig.manager.names());
  for (const { replica, state } of rig.link.tables.at(-1)?.instances ?? []) {
    if (state !== 'draining') expect(wanted).toContain(replica);
  }
  const drained = new Set(
    rig.manager
      .replicas()
      .filter((view) => view.wanted === 'drained')
      .map(({ name }) => name),
  );
  for (const { replica, state } of rig.link.tables.at(-1)?.instances ?? [])
    if (drained.has(replica)) expect({ replica, state }).toEqual({ replica, state: 'draining' });
  for (const { name, state } of rig.manager.replicas())
    if (state === 'draining' || state === 'drained') expect(drained).toContain(name);
  // The ring is that of the members and their weights, whatever is drained, restarted or dead.
  const members = rig.manager.replicas().map(({ name, weight }) => ({ name, weight }));
  expect(rig.link.tables.at(-1)?.members ?? members).toEqual(members);
  for (const { state, reason, name } of rig.manager.replicas()) {
    if (state !== 'ready') expect({ name, state, reason }).toMatchObject({ reason: expect.stringMatching(/\w/) });
  }
  const ending = new Set(
    rig.runtime.calls.filter(({ call }) => call === 'stop' || call === 'remove').map(({ subject }) => subject),
  );
  const served = new Set(rig.link.tables.flatMap(({ instances }) => instances.map(({ id }) => id)));
  // What an earlier balancer or a hand left beside it is no second try of ours.
  const starting = [...rig.runtime.world.values()]
    .filter(({ id }) => rig.runtime.made.has(id))
    .filter(({ id, slot, state }) => wanted.has(slot) && state !== 'exited' && !served.has(id) && !ending.has(id))
    .map(({ slot }) => slot);
  for (const slot of new Set(starting)) {
    // Who was drained before it served is beside its successor without ever having been in a table.
    const most = everDrained.has(slot) ? 2 : 1;
    expect(starting.filter((other) => other === slot).length).toBeLessThanOrEqual(most);
  }
  const generations = [...rig.runtime.world.values()]
    .filter(({ slot }) => wanted.has(slot))
    .map(({ slot, generation }) => `${slot} ${generation}`);
  expect(new Set(generations).size).toBe(generations.length);
}

async function play(rig: PoolRig, step: Event, everDrained: Set<string>): Promise<PoolRig> {
  const all = [...rig.runtime.world.values()];
  const target = 'pick' in step ? all[step.pick % Math.max(1, all.length)] : undefined;
  switch (step.kind) {
    case 'pass':
      await rig.pass(step.ms);
      return rig;
    case 'die':
      if (target) rig.runtime.die(target.id);
      return rig;
    case 'vanish':
      if (target) rig.runtime.world.delete(target.id);
      return rig;
    case 'pause':
      if (target?.state === 'running') target.state = 'paused';
      rig.runtime.emit({ kind: 'changed' });
      return rig;
    case 'sicken':
      if (target) rig.runtime.behaviours.set(target.id, 'sick');
      return rig;
    case 'heal':
      if (target) rig.runtime.behaviours.set(target.id, 'healthy');
      return rig;
    case 'stopHint':
      if (target) rig.runtime.emit({ kind: 'stopping', instanceId: target.id });
      return rig;
    case 'strange':
      rig.runtime.place({
        slot: step.pick % 2 === 0 ? '' : 'stranger',
        generation: 1000 + step.pick + all.length,
        leftover: step.pick % 3 === 0,
      });
      return rig;
    case 'add':
    case 'remove': {
      const change =
        step.kind === 'add'
          ? rig.manager.add({ n: step.n, hostnames: [] })
          : rig.manager.remove({ n: step.n, hostnames: [] });
      const settled = change.catch(() => undefined);
      await rig.pass(20);
      void settled;
      return rig;
    }
    case 'drain':
    case 'undrain':
    case 'restart':
    case 'weight': {
      const names = rig.manager.names();
      const name = names[step.replica % Math.max(1, names.length)] ?? 'nobody';
      const { life } = rig.manager;
      if (step.kind === 'drain') everDrained.add(name);
      const calls = {
        drain: () => life.drain(name, { force: step.replica % 2 === 0 }),
        undrain: () => life.undrain(name),
        restart: () => life.restart(name),
        weight: () => life.setWeight(name, 1 + (step.replica % 4)),
      };
      const settled = calls[step.kind]().catch(() => undefined);
      await rig.pass(20);
      void settled;
      return rig;
    }
    case 'disturb': {
      let calls = 0;
      const previous = rig.runtime.disturb;
      rig.runtime.disturb = (call, subject) =>
        call === step.call && ++calls % step.share === 0 ? OUTCOMES[step.how] : previous(call, subject);
      return rig;
    }
    case 'calm':
      rig.runtime.disturb = () => undefined;
      return rig;
    case 'deafen':
    case 'hear':
      rig.runtime.silent = step.kind === 'deafen';
      return rig;
    case 'mute':
    case 'answer':
      rig.link.acknowledges = step.kind === 'answer';
      if (rig.link.acknowledges) rig.link.acknowledge();
      return rig;
    case 'kill9': {
      const next = await rig.kill9({ env: { N: '3', MAX_REPLICAS: String(MAX_REPLICAS), CRASH_LOOP_LIMIT: '3' } });
      await next.manager.start();
      return next;
    }
  }
}

/** Failures stop, time passes: what was promised must have come. */
async function checkInTheEnd(rig: PoolRig, everDrained: ReadonlySet<string>): Promise<void> {
  rig.runtime.disturb = () => undefined;
  rig.runtime.silent = false;
  rig.link.acknowledges = true;
  rig.link.acknowledge();
  for (const id of rig.runtime.behaviours.keys()) rig.runtime.behaviours.set(id, 'healthy');
  for (const instance of rig.runtime.world.values()) if (instance.state === 'paused') instance.state = 'running';
  await rig.pass(150_000);
  checkAlways(rig, everDrained);
  const views = rig.manager.replicas();
  for (const { name, state, reason, wanted } of views) {
    if (state === 'quarantined') expect(reason).toMatch(/died 3 times within 60 s, last: \w+/);
    else expect({ name, state }).toEqual({ name, state: wanted === 'drained' ? 'drained' : 'ready' });
  }
  // No double, no orphan: what runs is exactly what serves, or what is kept out of service.
  const kept = views
    .filter(({ state }) => state === 'ready' || state === 'drained')
    .map(({ instance }) => instance?.id);
  expect([...rig.runtime.world.keys()].sort()).toEqual(kept.sort());
  expect(rig.link.ready().sort()).toEqual(
    views
      .filter(({ state }) => state === 'ready')
      .map(({ name }) => name)
      .sort(),
  );
}

describe('whatever happens', () => {
  it(
    `no slot serves twice, nothing is orphaned, and what is wanted comes once failures stop (${RUNS} histories)`,
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(event, { minLength: 5, maxLength: 40 }), async (events) => {
          const everDrained = new Set<string>();
          let rig = await PoolRig.make({ env: { N: '3', MAX_REPLICAS: String(MAX_REPLICAS), CRASH_LOOP_LIMIT: '3' } });
          try {
            await rig.manager.start();
            for (const step of events) {
              rig = await play(rig, step, everDrained);
              checkAlways(rig, everDrained);
            }
            await checkInTheEnd(rig, everDrained);
          } finally {
            rig.runtime.disturb = () => undefined;
            await rm(rig.stateDir, { recursive: true, force: true });
          }
        }),
        { numRuns: RUNS, endOnFailure: false },
      );
    },
    60_000 + RUNS * 200,
  );
});
