// Owns the shape of the wire comparison's result and the tables that are made of it. Pure.
import { table } from '../../experiments/page/markdown.ts';

export const JUDGEMENTS = ['refused', 'clean', 'changed', 'smuggled'] as const;
export type WireJudgement = (typeof JUDGEMENTS)[number];

export interface WireCase {
  readonly group: string;
  readonly name: string;
  readonly section: string;
  readonly may: 'refuse' | 'either' | 'forward';
  /** In the order of the contestants. */
  readonly verdicts: readonly {
    readonly judgement: WireJudgement;
    readonly allowed: boolean;
    readonly reason: string;
  }[];
}

export interface WireResult {
  readonly contestants: readonly { readonly name: string; readonly version: string; readonly ours: boolean }[];
  readonly cases: readonly WireCase[];
}

/** How often each proxy did what. */
export function sumTable({ contestants, cases }: WireResult): string {
  const rows = contestants.map(({ name, version, ours }, index) => {
    const of = (judgement: WireJudgement) =>
      cases.filter(({ verdicts }) => verdicts[index]?.judgement === judgement).length;
    const strict = cases.filter(({ may, verdicts }) => may === 'forward' && verdicts[index]?.judgement === 'refused');
    const title = [name, version].filter(Boolean).join(' ');
    return [ours ? `**${title}**` : title, ...JUDGEMENTS.map((one) => String(of(one))), String(strict.length)];
  });
  return table(['', 'refused', 'passed on clean', 'changed', 'smuggled', 'refused though legal'], rows);
}

/** The requests that somebody changed or let be smuggled, and what the others did with them. */
export function differenceTable({ contestants, cases }: WireResult): string {
  const bad = (judgement: WireJudgement) => judgement === 'changed' || judgement === 'smuggled';
  const rows = cases
    .filter(({ verdicts }) => verdicts.some(({ judgement }) => bad(judgement)))
    .map(({ group, name, section, verdicts }) => [
      `${group}: ${name}`,
      section,
      ...verdicts.map(({ judgement }) => (bad(judgement) ? `**${judgement}**` : judgement)),
    ]);
  return table(['request', 'RFC', ...contestants.map(({ name }) => name)], rows);
}

/** What one of our lanes did and may not do. */
export function faults({ contestants, cases }: WireResult): string[] {
  return cases.flatMap(({ group, name, verdicts }) =>
    verdicts.flatMap(({ allowed, judgement, reason }, index) => {
      const contestant = contestants[index];
      return contestant?.ours && !allowed ? [`${contestant.name}: ${group}: ${name}: ${judgement} ${reason}`] : [];
    }),
  );
}
