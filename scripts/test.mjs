// Owns one run of all suites: unit first, then end to end, the sums over both, and plain words about what was left out.
// Which suites need a Docker engine is theirs to know (runtime/testing/engine.ts).
//
//   node scripts/test.mjs [--only=unit|e2e] [arguments of jest, such as a path]
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineEndpoint, engineAnswers } from './test/docker-engine.mjs';
import { addUp, leftOut, verdict } from './test/tally.mjs';

const root = join(import.meta.dirname, '..');
const configs = { unit: 'jest.config.js', e2e: 'jest.e2e.config.js' };

const given = process.argv.slice(2);
const only = given.find((argument) => argument.startsWith('--only='))?.slice('--only='.length);
const jestArguments = given.filter((argument) => !argument.startsWith('--only='));
if (only !== undefined && !(only in configs))
  throw new Error(`--only=${only} must be one of ${Object.keys(configs).join(', ')}`);

const wantsDocker = only !== 'unit';
const requireDocker = wantsDocker && process.env.HASHFLOW_REQUIRE_DOCKER === '1';
const withDocker = !wantsDocker || (await engineAnswers(process.env));
if (wantsDocker) {
  const endpoint = engineEndpoint(process.env);
  console.log(
    withDocker
      ? `Docker engine at ${endpoint}: the Docker suites are included.`
      : `No Docker engine answers at ${endpoint}: the Docker suites will be left out.`,
  );
}

const scratch = mkdtempSync(join(tmpdir(), 'hashflow-test-'));
const runs = [];
for (const kind of only ? [only] : Object.keys(configs)) {
  console.log(`\n== ${kind} suites`);
  runs.push(await runJest(configs[kind], join(scratch, `${kind}.json`)));
}
rmSync(scratch, { recursive: true, force: true });

const { lines, passed } = verdict(addUp(runs), leftOut(runs, root), { withDocker, requireDocker });
console.log(`\n${lines.join('\n')}`);
process.exitCode = passed ? 0 : 1;

/** @returns jest's exit code and its report; no report when it could not even start */
async function runJest(config, report) {
  const fixed = ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
  const reporting = ['--config', config, '--passWithNoTests', '--json', `--outputFile=${report}`];
  const child = spawn(process.execPath, [...fixed, ...reporting, ...jestArguments], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  // A Ctrl-C reaches jest by itself; a SIGTERM comes to us alone.
  process.once('SIGTERM', () => child.kill());
  const onInterrupt = () => {};
  process.on('SIGINT', onInterrupt);
  const [code, signal] = await new Promise((resolve) => child.on('exit', (...ending) => resolve(ending)));
  process.off('SIGINT', onInterrupt);
  if (signal) process.exit(128 + constants.signals[signal]);
  return { code, report: readReport(report) };
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
