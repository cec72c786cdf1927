// Owns how one drill goes: a pool of its own, owners asked, load, the act, the load's end, owners asked again, evidence to
// result. What is done is the drill's, what it proves evidence/'s.
import type { Drill, MadeRuntime, Mark, Stage } from './drill.ts';
import { judge } from './evidence/judge.ts';
import { measureCapacity, startLoad } from './load/load.ts';
import type { LoadPlan } from './load/plan.ts';
import type { SenderTally } from './load/load.worker.ts';
import type { DrillResult } from './result.ts';
import { monotonic, pause } from './rig/clock.ts';
import { withEngine } from './rig/engine.ts';
import { ownersOf } from './rig/owners.ts';
import { Rig } from './rig/rig.ts';
import { watch } from './rig/watch.ts';

export interface Terms {
  /** Requests per second, at most the drill's own limit; undefined: half of what the pool is measured to get through. */
  readonly rate: number | undefined;
  /** Load before and after the act, together. */
  readonly seconds: number;
  readonly onProgress: (what: string, tally?: SenderTally) => void;
}

/** Where others use the machine too, what it got through a moment ago says little about the next one. */
const MAX_RATE = 300;
const MIN_RATE = 20;
const CAPACITY_MS = 4_000;
const MOST_KEYS = 200;
const POST_EVERY = 5;

/** @throws Skipped */
export function perform(drill: Drill, runtime: MadeRuntime, terms: Terms): Promise<DrillResult> {
  const { replicas, settings = {} } = drill;
  return withEngine(drill.engine, (engine) =>
    Rig.during({ runtime, replicas, settings, env: engine?.env ?? {} }, (rig) => {
      if (engine) rig.engine = engine;
      return run(drill, rig, terms);
    }),
  );
}

async function run(drill: Drill, rig: Rig, terms: Terms): Promise<DrillResult> {
  terms.onProgress('measuring the capacity');
  const capacity = await measureCapacity(
    rig.dataUrl,
    { rate: 0, keys: MOST_KEYS, postEvery: POST_EVERY, rehearsal: true },
    CAPACITY_MS,
  );
  const half = Math.max(MIN_RATE, Math.floor(capacity / 2));
  const rate =
    terms.rate === undefined
      ? Math.min(drill.mostRate ?? MAX_RATE, half)
      : Math.min(drill.mostRate ?? Infinity, terms.rate);
  const plan: LoadPlan = { rate, keys: Math.min(MOST_KEYS, Math.max(20, rate)), postEvery: POST_EVERY };

  const before = await ownersOf(rig.dataUrl, plan.keys);
  const watching = watch(() => rig.adminUrl);
  const load = startLoad(rig.dataUrl, plan);
  const telling = setInterval(() => terms.onProgress(drill.id, load.tally()), 500);
  const marks: Mark[] = [];
  const stage: Stage = {
    rig,
    mark: (label, at = monotonic()) => {
      marks.push({ label, at });
      terms.onProgress(label, load.tally());
      return at;
    },
  };
  const begun = await Promise.allSettled([
    pause(terms.seconds * 500)
      .then(() => drill.act(stage))
      .finally(() => pause(terms.seconds * 500)),
  ]);
  // However it went: threads and timers that go on would keep the whole command from its end.
  clearInterval(telling);
  const [{ began, samples }, { sightings, resolutionMs }] = await Promise.all([load.stop(), watching.stop()]);
  const [acted] = begun;
  if (acted.status === 'rejected') throw acted.reason;
  const act = acted.value;
  await rig.allReady();
  const after = await ownersOf(rig.dataUrl, plan.keys);
  return judge({
    drill,
    runtime: rig.runtime,
    rate,
    capacity: Math.round(capacity),
    began,
    samples,
    sightings,
    resolutionMs,
    marks,
    act,
    doomed: rig.doomed,
    notes: rig.notes(),
    owners: { before, after },
  });
}
