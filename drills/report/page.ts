// Owns the generated part of docs/drills.md: one table over all results, the rules of the grades, and one part per result.
// Pure; the text around it is written by hand.
import { number, table } from '../../experiments/page/markdown.ts';
import { provenance, type ResultFile } from '../../experiments/result-file.ts';
import { RULES } from '../evidence/grade.ts';
import type { DrillResult } from '../result.ts';

export interface Outcome {
  readonly file: ResultFile<DrillResult>;
  /** Of the picture, from the page. */
  readonly picture: string;
}

export function pageOf(outcomes: readonly Outcome[]): string {
  return [
    overview(outcomes.map(({ file }) => file.result)),
    'The grades:',
    table(
      ['grade', 'when'],
      RULES.map(([letter, rule]) => [letter, rule]),
    ),
    ...outcomes.map(part),
  ].join('\n\n');
}

export function overview(results: readonly DrillResult[]): string {
  return table(
    [
      'drill',
      'runtime',
      'grade',
      'requests',
      'failed',
      'retried',
      'p50 / p99 / slowest',
      'detected',
      'ejected',
      'heir',
      'serves again',
      'keys moved',
    ],
    results.map((result) => [
      result.id,
      result.runtime,
      result.grade.letter,
      number(result.sent.GET + result.sent.POST),
      failedCell(result),
      number(result.counting.retried),
      `${result.latency.p50.toFixed(1)} / ${number(result.latency.p99)} / ${number(result.latency.worst)} ms`,
      ms(result.detectedMs),
      ms(result.victim?.ejectedMs),
      ms(result.victim?.heirMs),
      ms(result.victim?.servesAgainMs),
      `${result.keys.moved} of ${result.keys.keys}`,
    ]),
  );
}

function failedCell({ failures, lostWithInstance }: DrillResult): string {
  const all = failures.reduce((sum, { count }) => sum + count, 0);
  return lostWithInstance > 0 ? `${number(all - lostWithInstance)} + ${lostWithInstance} lost POSTs` : number(all);
}

function part({ file, picture }: Outcome): string {
  const { result } = file;
  return [
    `### ${result.title} (${result.runtime}): ${result.grade.letter}`,
    result.text,
    `![${result.title}, ${result.runtime}](${picture})`,
    facts(result)
      .map((line) => `- ${line}`)
      .join('\n'),
    provenance(file),
  ].join('\n\n');
}

function facts(result: DrillResult): string[] {
  const { sent, failures, counting, keys, victim, events } = result;
  return [
    ...result.grade.reasons.map((reason) => `**${result.grade.letter}**: ${reason}.`),
    `${number(sent.GET)} GETs and ${number(sent.POST)} POSTs at ${result.rate}/s${
      result.capacity === undefined ? '' : ` (the pool got ${number(result.capacity)}/s through)`
    }; the limit for the slowest is ${number(result.limitMs)} ms.`,
    failures.length === 0
      ? 'None failed.'
      : `Failed: ${failures.map(({ method, status, cause, count }) => `${count} ${method} with ${status === 0 ? 'no answer' : status} ${cause}`).join(', ')}.`,
    ...(result.lostWithInstance > 0
      ? [
          `${result.lostWithInstance} of them are POSTs that were with the instance when it was lost: each was sent once.`,
        ]
      : []),
    `Counted at the replicas: ${number(counting.arrivals)} arrivals, ${number(counting.retried)} of them of a request that had reached a replica before; ${counting.postsTwice.length} POSTs twice, ${counting.early.length} requests before the first passed probe, ${counting.late.length} after the drain began.`,
    `Keys: ${keys.moved} of ${keys.keys} moved for good, ${keys.needless} of them needlessly; ${keys.meanwhile} were answered by another replica than their owner at some time.`,
    ...(victim
      ? [
          `${victim.name}: detected after ${ms(result.detectedMs)} (looked at every ${number(result.resolutionMs)} ms), the last request that it held up was due after ${ms(victim.ejectedMs)}, first answer of an heir after ${ms(victim.heirMs)}, of the successor after ${ms(victim.servesAgainMs)}.`,
        ]
      : []),
    ...(events
      ? [
          `Events: ${Object.entries(events)
            .map(([kind, count]) => `${count} ${kind}`)
            .join(', ')}.`,
        ]
      : []),
  ];
}

function ms(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : `${number(value)} ms`;
}
