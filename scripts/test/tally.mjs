// Owns the arithmetic of a test run: sums over jest's reports, what was left out, and whether that is a pass. Pure.
import { relative } from 'node:path';

/** A suite that could not run, and a jest that could not report, count as one failure each: never "0 failed" with exit code 1. */
export function addUp(runs) {
  const totals = { passed: 0, failed: 0, skipped: 0 };
  for (const { code, report } of runs) {
    totals.passed += report?.numPassedTests ?? 0;
    totals.skipped += (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
    const failed = (report?.numFailedTests ?? 0) + (report?.numRuntimeErrorTestSuites ?? 0);
    totals.failed += failed === 0 && code !== 0 ? 1 : failed;
  }
  return totals;
}

/** Suites with skipped tests: `{ suite, skipped, docker }`, docker when the suite or a skipped test names Docker. */
export function leftOut(runs, root) {
  return runs
    .flatMap(({ report }) => report?.testResults ?? [])
    .map(({ name, assertionResults }) => {
      const skipped = assertionResults.filter(({ status }) => status === 'pending');
      const suite = relative(root, name);
      return {
        suite,
        skipped: skipped.length,
        docker: [suite, ...skipped.map((test) => test.fullName)].some((text) => /docker|compose/i.test(text)),
      };
    })
    .filter(({ skipped }) => skipped > 0);
}

/** The closing lines, the sum alone on the last one. */
export function verdict(totals, suites, { withDocker, requireDocker }) {
  const lines = suites.map(({ suite, skipped }) => `left out: ${count(skipped, 'test')} of ${suite}`);
  const docker = suites.filter((suite) => suite.docker);
  const missing = docker.reduce((sum, { skipped }) => sum + skipped, 0);
  if (!withDocker) {
    lines.push(
      `No Docker engine answered: ${count(missing, 'Docker test')} in ${count(docker.length, 'suite')} were left out.`,
      'To run them: scripts/engine.sh start && npm test',
    );
  }
  const unmet = requireDocker && (!withDocker || missing > 0);
  if (unmet) lines.push('HASHFLOW_REQUIRE_DOCKER=1 makes Docker tests that were left out a failure.');
  const nothing = totals.passed + totals.failed + totals.skipped === 0;
  if (nothing) lines.push('No test matched.');
  lines.push(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
  return { lines, passed: totals.failed === 0 && !unmet && !nothing };
}

function count(number, noun) {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
