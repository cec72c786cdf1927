// The end-to-end suites: real processes, real containers, one file at a time because they share two cores and one engine.
import { base } from './jest.config.js';

export default {
  ...base,
  testRegex: '(apps|docker|bench|drills)/.*\\.e2e-spec\\.ts$',
  testTimeout: 60_000,
  maxWorkers: 1,
};
