// Owns whether this test run has a Docker engine. Suites that need one are skipped, and counted as skipped, where none
// answers; the runner says how to start one.
import { describe } from '@jest/globals';
import { probeEngine } from '../docker/engine-probe.js';

const probe = await probeEngine(3_000);

export function engineAnswers(): boolean {
  return probe.answers;
}

/** `describe` where an engine answers, `describe.skip` elsewhere. */
export const describeWithEngine = probe.answers ? describe : describe.skip;
