// Page and picture of a result: what a reader must find in them, and that names cannot break out of them.
import { describe, expect, it } from '@jest/globals';
import type { Sample } from '../load/plan.js';
import { judge, type Evidence } from '../evidence/judge.js';
import { overview, pageOf } from './page.js';
import { picture } from './picture.js';

const sample = (i: number, changes: Partial<Sample> = {}): Sample => ({
  id: `GET-${i}`,
  method: 'GET',
  key: i % 2,
  at: i * 10,
  ms: 5,
  status: 200,
  cause: null,
  replica: i % 2 === 0 ? 'A' : 'B',
  instance: i % 2 === 0 ? 'a-1' : 'b-1',
  edition: '',
  ...changes,
});

const EVIDENCE: Evidence = {
  drill: { id: 'kill', title: 'One <dies> & returns', text: 'SIGKILL.', limitMs: 1000, returns: true },
  runtime: 'process',
  rate: 100,
  began: 1_000,
  samples: [
    ...Array.from({ length: 100 }, (_, i) => sample(i)),
    sample(100, { id: 'POST-1', method: 'POST', status: 502, cause: 'upstream_closed', replica: null, instance: null }),
    sample(102, { instance: 'a-2' }),
  ],
  sightings: [
    { at: 1_000, name: 'A', state: 'ready', instance: 'x' },
    { at: 1_000, name: 'B', state: 'ready', instance: 'y' },
    { at: 1_991, name: 'A', state: 'backing-off', instance: null },
    { at: 2_015, name: 'A', state: 'ready', instance: 'z' },
  ],
  resolutionMs: 12,
  marks: [{ at: 1_985, label: 'SIGKILL' }],
  act: { victim: 'A', at: 1_985 },
  doomed: [{ token: 'a-1', at: 1_985 }],
  notes: [],
  owners: { before: ['A', 'B'], after: ['A', 'B'] },
};

describe('the result of a drill', () => {
  const result = judge(EVIDENCE);

  it('tells a POST that was lost with its replica from a failure', () => {
    expect(result.grade).toEqual({ letter: 'A', reasons: [] });
    expect(result).toMatchObject({ lostWithInstance: 1, inOutage: 0, sent: { GET: 101, POST: 1 } });
    expect(judge({ ...EVIDENCE, doomed: [] }).grade).toEqual({ letter: 'D', reasons: ['1 of 102 requests failed'] });
  });

  it('has the times of the victim', () => {
    expect(result.detectedMs).toBe(6);
    expect(result.victim).toMatchObject({ name: 'A', servesAgainMs: 40 });
  });

  it('takes what failed in an outage of its own making for that', () => {
    const outage = judge({ ...EVIDENCE, doomed: [], act: { at: 1_985, outageUntil: 2_010 } });
    expect(outage).toMatchObject({ inOutage: 1, grade: { letter: 'B' } });
  });

  it('is an F when the victim does not come back, or a key moves that did not have to', () => {
    const gone = judge({ ...EVIDENCE, samples: EVIDENCE.samples.slice(0, 100) });
    expect(gone.grade).toEqual({ letter: 'F', reasons: ['A did not come back'] });
    const moved = judge({ ...EVIDENCE, owners: { before: ['A', 'B'], after: ['B', 'B'] } });
    expect(moved.grade.letter).toBe('A');
    const swapped = judge({ ...EVIDENCE, owners: { before: ['A', 'B'], after: ['B', 'A'] } });
    expect(swapped.grade).toEqual({ letter: 'F', reasons: ['2 keys moved that did not have to'] });
  });
});

describe('the picture of a drill', () => {
  it('has a dot per request, failures told apart, a line per event, a band per replica and state', () => {
    const svg = picture(judge(EVIDENCE));
    const dots = (kind: string) => new RegExp(`<path class="${kind}" d="([^"]*)"`).exec(svg)?.[1].match(/M/g)?.length;
    expect([dots('excused'), dots('failed')]).toEqual([1, undefined]);
    expect(dots('GET')).toBeGreaterThan(90);
    expect(svg.match(/class="mark"/g)).toHaveLength(1);
    for (const band of ['A: ready', 'A: backing-off', 'B: ready']) expect(svg).toContain(`<title>${band}</title>`);
    expect(picture(judge({ ...EVIDENCE, doomed: [] }))).toContain('<path class="failed"');
  });

  it('is readable in light and dark, and no title breaks out of it', () => {
    const svg = picture(judge(EVIDENCE));
    expect(svg).toContain('prefers-color-scheme: dark');
    expect(svg).toContain('One &lt;dies&gt; &amp; returns');
    expect(svg).not.toContain('<dies>');
  });

  it('draws a result without any answer', () => {
    expect(picture(judge({ ...EVIDENCE, samples: [], sightings: [], marks: [] }))).not.toContain('NaN"');
  });
});

describe('the page', () => {
  const file = {
    title: 'x',
    measuredAt: '2026-01-02T03:04:05Z',
    tookSeconds: 9,
    machine: { node: 'v24.0.0', system: 'Linux', cpu: 'cpu', cores: 2 },
    result: judge(EVIDENCE),
  };

  it('has the table, the rules, the picture and the facts of each result', () => {
    const page = pageOf([{ file, picture: '../drills/results/kill-process.svg' }]);
    expect(page).toContain('| kill | process | A | 102 | 0 + 1 lost POSTs |');
    expect(page).toContain('](../drills/results/kill-process.svg)');
    expect(page).toContain('Measured 2026-01-02');
    expect(page).toContain('| F | a promise was broken');
  });

  it('has a line per result in its table', () => {
    expect(overview([file.result, file.result]).split('\n')).toHaveLength(4);
  });
});
