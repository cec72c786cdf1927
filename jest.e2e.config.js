// The end-to-end suites: real processes, real containers. They mostly wait, so two files share two cores and one engine; each
// has pools, ports and folders of its own.
import { base } from './jest.config.js';

export default {
  ...base,
  testRegex: '(apps|docker|bench|drills)/.*\\.e2e-spec\\.ts$',
  testTimeout: 60_000,
  maxWorkers: 2,
  globalSetup: '<rootDir>/scripts/test/hold-base.mjs',
  globalTeardown: '<rootDir>/scripts/test/release-base.mjs',
};
