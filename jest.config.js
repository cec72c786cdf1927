// The unit suites: every *.spec.ts (and *.spec.mjs of scripts and of the dashboard's page) beside its source. The e2e suites extend this (jest.e2e.config.js).
const swc = [
  '@swc/jest',
  {
    jsc: {
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
      target: 'es2023',
      keepClassNames: true,
    },
    module: { type: 'es6' },
    sourceMaps: 'inline',
  },
];

export const base = {
  testEnvironment: 'node',
  rootDir: import.meta.dirname,
  setupFiles: ['<rootDir>/jest.setup.js'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': swc },
  moduleFileExtensions: ['ts', 'js', 'mjs', 'json'],
  moduleNameMapper: {
    '^@hashflow/hashing$': '<rootDir>/libs/hashing/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist'],
};

export default {
  ...base,
  // jest leaves one core idle unless told, which is half of a small machine.
  maxWorkers: '100%',
  // A hang is what it is for: a machine that others use as well may take many times what the slowest test needs.
  testTimeout: 30_000,
  testRegex: ['(apps|libs|experiments|drills|bench|docker)/.*\\.spec\\.ts$', '(scripts|page)/.*\\.spec\\.mjs$'],
};
