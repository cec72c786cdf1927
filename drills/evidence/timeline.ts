// Owns what a picture needs: samples thinned out, states of replicas as bands. Pure; times in milliseconds since the load
// began.
import { failed, type Sample } from '../load/plan.ts';
import type { Band, DotKind, Dots, Timeline } from '../result.ts';
import type { Evidence } from './judge.ts';

/** One answer is kept of those that lie within one cell of so many columns, and rows per factor of ten. */
const COLUMNS = 300;
const ROWS_PER_DECADE = 12;

type TimelineEvidence = Pick<Evidence, 'began' | 'samples' | 'sightings' | 'marks'>;

/** @param excused ids of POSTs that no balancer could have saved */
export function timelineOf(evidence: TimelineEvidence, excused: ReadonlySet<string>): Timeline {
  const { began, samples, marks } = evidence;
  const lasted = samples.reduce((latest, one) => Math.max(latest, one.at + one.ms), 0);
  return {
    lasted: Math.round(lasted),
    dots: thinned(samples, excused, lasted),
    bands: bandsOf(evidence, lasted),
    marks: marks.map(({ at, label }) => ({ at: Math.round(at - began), label })),
  };
}

function thinned(samples: readonly Sample[], excused: ReadonlySet<string>, lasted: number): Dots {
  const taken = new Set<string>();
  const dots: Record<DotKind, string[]> = { GET: [], POST: [], excused: [], failed: [] };
  for (const one of samples) {
    const dot = `${Math.round(one.at)},${Math.round(one.ms * 10) / 10}`;
    if (failed(one)) {
      dots[excused.has(one.id) ? 'excused' : 'failed'].push(dot);
      continue;
    }
    const column = Math.floor((one.at / lasted) * COLUMNS);
    const row = Math.floor(Math.log10(Math.max(0.1, one.ms)) * ROWS_PER_DECADE);
    const cell = `${column} ${row}`;
    if (taken.has(cell)) continue;
    taken.add(cell);
    dots[one.method].push(dot);
  }
  const text = (kind: DotKind) => dots[kind].join(' ');
  return { GET: text('GET'), POST: text('POST'), excused: text('excused'), failed: text('failed') };
}

function bandsOf({ began, sightings }: TimelineEvidence, lasted: number): Band[] {
  const names = [...new Set(sightings.map(({ name }) => name))];
  return names.flatMap((replica) => {
    const own = sightings.filter(({ name }) => name === replica);
    return own.map(({ at, state }, i) => ({
      replica,
      state,
      from: Math.max(0, Math.round(at - began)),
      to: Math.round(Math.min(lasted, (own[i + 1]?.at ?? Infinity) - began)),
    }));
  });
}
