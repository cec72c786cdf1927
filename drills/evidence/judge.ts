// Owns putting the evidence of one drill together: samples, sightings and notes in, the result out. Pure.
import type { Act, Doomed, Drill, MadeRuntime, Mark } from '../drill.ts';
import { failed, type Sample } from '../load/plan.ts';
import type { DrillResult } from '../result.ts';
import type { Sighting } from '../rig/watch.ts';
import { countArrivals, lostWithInstance } from './counting.ts';
import { grade } from './grade.ts';
import { failuresByCause, keyMoves, latency, victimTimes } from './impact.ts';
import type { ReplicaNotes } from './replica-notes.ts';
import { timelineOf } from './timeline.ts';

/** Times are milliseconds of the machine's monotonic clock, but for those of the samples, which count from `began`. */
export interface Evidence {
  readonly drill: Pick<Drill, 'id' | 'title' | 'text' | 'limitMs' | 'returns'>;
  readonly runtime: MadeRuntime;
  readonly rate: number;
  readonly capacity?: number;
  readonly began: number;
  readonly samples: readonly Sample[];
  readonly sightings: readonly Sighting[];
  readonly resolutionMs: number;
  readonly marks: readonly Mark[];
  readonly act: Act;
  readonly doomed: readonly Doomed[];
  readonly notes: readonly ReplicaNotes[];
  readonly owners: { readonly before: readonly string[]; readonly after: readonly string[] };
}

export function judge(evidence: Evidence): DrillResult {
  const { drill, began, samples, act, notes, owners } = evidence;
  const at = act.at - began;
  const counting = countArrivals(notes, act.closed ?? [], samples, began, evidence.doomed);
  const excused = lostWithInstance(samples, notes, evidence.doomed, began);
  const lost = samples.filter((one) => failed(one) && !excused.has(one.id));
  const outageEnd = act.outageUntil === undefined ? -Infinity : act.outageUntil - began;
  const inOutage = lost.filter((one) => one.at <= outageEnd && one.at + one.ms >= at);
  const keys = keyMoves(owners.before, owners.after, samples);
  const victimKeys = new Set(owners.before.flatMap((owner, key) => (owner === act.victim ? [key] : [])));
  const victim = act.victim && { name: act.victim, ...victimTimes(samples, act.victim, at, victimKeys) };
  const { worst } = latency(samples);
  return {
    id: drill.id,
    title: drill.title,
    text: drill.text,
    runtime: evidence.runtime,
    grade: grade({
      sent: samples.length,
      failed: lost.length - inOutage.length,
      inOutage: inOutage.length,
      worstMs: Math.max(worst, ...lost.map(({ ms }) => ms)),
      limitMs: drill.limitMs,
      broken: [
        ...(counting.postsTwice.length > 0 ? [`${counting.postsTwice.length} POSTs reached replicas twice`] : []),
        ...(counting.early.length > 0 ? [`${counting.early.length} requests came before the first passed probe`] : []),
        ...(counting.late.length > 0 ? [`${counting.late.length} requests came after the drain began`] : []),
        ...(keys.needless > 0 ? [`${keys.needless} keys moved that did not have to`] : []),
        ...(drill.returns && victim && victim.servesAgainMs === null ? [`${victim.name} did not come back`] : []),
      ],
    }),
    limitMs: drill.limitMs,
    rate: evidence.rate,
    ...(evidence.capacity !== undefined && { capacity: evidence.capacity }),
    sent: {
      GET: samples.filter(({ method }) => method === 'GET').length,
      POST: samples.filter(({ method }) => method === 'POST').length,
    },
    failures: failuresByCause(samples),
    lostWithInstance: excused.size,
    inOutage: inOutage.length,
    latency: latency(samples),
    counting,
    keys,
    ...(act.victim && { detectedMs: detected(evidence.sightings, act) }),
    ...(victim && { victim }),
    resolutionMs: evidence.resolutionMs,
    ...(act.events && { events: act.events }),
    ...(act.seed !== undefined && { seed: act.seed }),
    timeline: timelineOf(evidence, excused),
  };
}

/** The first look after the fault that saw the victim otherwise than before. */
function detected(sightings: readonly Sighting[], { victim, at }: Act): number | null {
  const seen = sightings.find((one) => one.name === victim && one.at > at);
  return seen ? seen.at - at : null;
}
