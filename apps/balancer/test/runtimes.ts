// Owns running one suite on every runtime that this machine has: processes always, Docker where an engine answers.
import { engineAnswers } from '../src/runtime/testing/engine.js';

export type MadeRuntime = 'process' | 'docker';

export const describeOnDocker = engineAnswers() ? describe : describe.skip;

export function describeRuntimes(what: string, suite: (runtime: MadeRuntime) => void): void {
  describe(`${what} (process runtime)`, () => suite('process'));
  describeOnDocker(`${what} (Docker runtime)`, () => suite('docker'));
}
