// Owns the grades: six letters, by rules that the page states in the same words. Pure.

export interface GradeFacts {
  readonly sent: number;
  /** Failed, and neither lost with an instance nor in an outage. */
  readonly failed: number;
  /** Failed while what the drill took away was not back. */
  readonly inOutage: number;
  readonly worstMs: number;
  readonly limitMs: number;
  /** In words: what was promised and not kept. */
  readonly broken: readonly string[];
}

export type Letter = 'A' | 'B' | 'C' | 'D' | 'E' | 'F';

export interface Grade {
  readonly letter: Letter;
  /** Why it is no better. Empty for an A. */
  readonly reasons: readonly string[];
}

export const RULES: readonly (readonly [Letter, string])[] = [
  [
    'A',
    'no request failed, POSTs that were lost with their replica aside, and none took longer than the limit of the drill',
  ],
  ['B', 'a request took longer than the limit, or failed while what the drill had taken away was not back yet'],
  ['C', 'up to 0.1 % of the requests failed'],
  ['D', 'up to 1 % failed'],
  ['E', 'more failed'],
  [
    'F',
    'a promise was broken: a POST reached replicas twice, a request reached a replica before its first passed probe or after its drain began, a key moved that did not have to, or the replica did not come back',
  ],
];

export function grade({ sent, failed, inOutage, worstMs, limitMs, broken }: GradeFacts): Grade {
  if (sent === 0) return { letter: 'F', reasons: ['nothing was sent'] };
  if (broken.length > 0) return { letter: 'F', reasons: broken };
  const part = failed / sent;
  if (failed > 0)
    return { letter: part > 0.01 ? 'E' : part > 0.001 ? 'D' : 'C', reasons: [`${failed} of ${sent} requests failed`] };
  const reasons = [
    ...(inOutage > 0 ? [`${inOutage} of ${sent} requests failed in the outage`] : []),
    ...(worstMs > limitMs ? [`the slowest took ${Math.round(worstMs)} ms, the limit is ${limitMs} ms`] : []),
  ];
  return { letter: reasons.length > 0 ? 'B' : 'A', reasons };
}
