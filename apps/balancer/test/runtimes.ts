// Owns running one suite on every runtime that this machine has: processes always, Docker where an engine answers.
import { describeWithEngine } from '../src/runtime/testing/engine.js';

export type MadeRuntime = 'process' | 'docker';

export function describeRuntimes(what: string, suite: (runtime: MadeRuntime) => void): void {
  describe(`${what} (process runtime)`, () => suite('process'));
  describeWithEngine(`${what} (Docker runtime)`, () => suite('docker'));
}
