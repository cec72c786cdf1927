// What a test run says at its end, and when it counts as passed.
import { describe, expect, test } from '@jest/globals';
import { addUp, leftOut, verdict } from './tally.mjs';

const report = (fields) => ({
  numPassedTests: 0,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  numRuntimeErrorTestSuites: 0,
  testResults: [],
  ...fields,
});
const suite = (name, tests) => ({ name, assertionResults: tests.map(([fullName, status]) => ({ fullName, status })) });

describe('the sums', () => {
  test('go over all runs', () => {
    const runs = [
      { code: 0, report: report({ numPassedTests: 3, numPendingTests: 1 }) },
      { code: 1, report: report({ numPassedTests: 2, numFailedTests: 1, numTodoTests: 1 }) },
    ];
    expect(addUp(runs)).toEqual({ passed: 5, failed: 1, skipped: 2 });
  });

  test('count a suite that could not run as a failure', () => {
    expect(addUp([{ code: 1, report: report({ numPassedTests: 2, numRuntimeErrorTestSuites: 1 }) }]).failed).toBe(1);
  });

  test('count a jest that ended badly without a report as a failure', () => {
    expect(addUp([{ code: 1, report: undefined }])).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  test('count a bad exit code as a failure even where no test failed', () => {
    expect(addUp([{ code: 1, report: report({ numPassedTests: 2 }) }]).failed).toBe(1);
  });
});

describe('what was left out', () => {
  const runs = [
    {
      code: 0,
      report: report({
        testResults: [
          suite('/root/apps/a.e2e-spec.ts', [
            ['contract on docker adds', 'pending'],
            ['contract on process adds', 'passed'],
          ]),
          suite('/root/apps/b.spec.ts', [['needs root', 'pending']]),
          suite('/root/apps/c.spec.ts', [['holds', 'passed']]),
        ],
      }),
    },
  ];

  test('is told per suite, and whether for want of Docker', () => {
    expect(leftOut(runs, '/root')).toEqual([
      { suite: 'apps/a.e2e-spec.ts', skipped: 1, docker: true },
      { suite: 'apps/b.spec.ts', skipped: 1, docker: false },
    ]);
  });
});

describe('the verdict', () => {
  const clean = { passed: 3, failed: 0, skipped: 0 };
  const docker = [{ suite: 'docker.e2e-spec.ts', skipped: 4, docker: true }];
  const here = { withDocker: true, requireDocker: false };
  const none = { withDocker: false, requireDocker: false };

  test('ends with the sum alone on its line', () => {
    expect(verdict(clean, [], here)).toEqual({ passed: true, lines: ['3 passed, 0 failed, 0 skipped'] });
  });

  test('without an engine says how many were left out and how to run them, and passes', () => {
    const { passed, lines } = verdict(clean, docker, none);
    expect(passed).toBe(true);
    expect(lines.join('\n')).toContain('4 Docker tests in 1 suite were left out');
    expect(lines.join('\n')).toContain('scripts/engine.sh start');
  });

  test.each([
    ['no engine answers', docker, { withDocker: false, requireDocker: true }],
    ['an engine answers and Docker tests were skipped all the same', docker, { withDocker: true, requireDocker: true }],
  ])('fails when Docker is required and %s', (_, suites, circumstances) => {
    expect(verdict(clean, suites, circumstances).passed).toBe(false);
  });

  test('fails when a test failed', () => {
    expect(verdict({ ...clean, failed: 1 }, [], here).passed).toBe(false);
  });

  test('fails when nothing ran', () => {
    expect(verdict({ passed: 0, failed: 0, skipped: 0 }, [], here).passed).toBe(false);
  });
});
