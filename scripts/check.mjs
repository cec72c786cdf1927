// Owns the checks that need no running balancer: lint, format, types, the floor plan, the settings page. All of them run, so
// that one call shows everything that is wrong.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const bin = (name) => join(root, 'node_modules', '.bin', name);

const checks = [
  ['lint', bin('eslint'), ['.']],
  ['format', bin('prettier'), ['--check', '--log-level=warn', '.']],
  ['types', bin('tsc'), ['--noEmit', '-p', 'tsconfig.json']],
  ['types of the dashboard’s page', bin('tsc'), ['-p', 'apps/balancer/src/dashboard/page/tsconfig.json']],
  ['types of the experiments', bin('tsc'), ['-p', 'experiments/tsconfig.json']],
  ['types of the drills', bin('tsc'), ['-p', 'drills/tsconfig.json']],
  ['types of the benchmarks', bin('tsc'), ['-p', 'bench/tsconfig.json']],
  ['floors', bin('depcruise'), ['--config', '.dependency-cruiser.js', 'apps', 'libs']],
  ['settings page', process.execPath, ['scripts/settings-doc.mjs', '--check']],
];

const failed = checks.filter(([name, command, args]) => {
  const began = performance.now();
  console.log(`== ${name}`);
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (error) console.error(error.message);
  console.log(`   ${status === 0 ? 'ok' : 'FAILED'} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  return status !== 0;
});

console.log(failed.length === 0 ? 'All checks passed.' : `Failed: ${failed.map(([name]) => name).join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
