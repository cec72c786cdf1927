// Owns the order of the set-up: look, lock, look again, install, build, stamp. A stamp is removed before its work begins and
// written after it ended well, so that nothing half done ever looks fresh.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { buildFingerprint, installFingerprint, installMatchesLockfile } from './fingerprint.mjs';
import { atLeast, PINNED, RUN, runNeeds } from './node-version.mjs';
import { acquireLock } from './pid-lock.mjs';
import { say, showProgress } from './progress.mjs';

const root = join(import.meta.dirname, '..', '..');
const system = `${process.platform}-${process.arch}`;
const pinnedNode = join(root, 'node_modules', '.bin', 'node');
const installStamp = join(root, 'node_modules', '.hashflow-install');
const buildStamp = join(root, 'dist', '.hashflow-build');
const entries = [
  'dist/apps/balancer/src/main.js',
  'dist/apps/balancer/src/data.main.js',
  'dist/apps/server/src/main.js',
  'dist/apps/cli/src/main.js',
];

/** npm rolls back when told to stop, which can take as long as the install. A half install is found and redone anyway. */
const STOP_MS = 2000;

/** What failed and what to do about it, ready to be read; the process ends with code 1. */
class SetUpError extends Error {}

/** `--install-only`: leaves the build out. */
export async function main(args) {
  try {
    await prepare({ build: !args.includes('--install-only') });
  } catch (error) {
    say(error instanceof SetUpError ? error.message : error.stack);
    process.exitCode = 1;
  }
}

async function prepare({ build }) {
  if (isInstalled() && (!build || isBuilt())) return;
  const release = await acquireLock(join(root, '.prepare.lock'), (pid) =>
    say(`Another set-up of this folder (pid ${pid}) is at work; waiting for it.`),
  );
  try {
    // Somebody else may have done it while we waited.
    if (!isInstalled()) await install();
    if (build && !isBuilt()) await compile();
  } finally {
    release();
  }
}

function isInstalled() {
  if (!canRun()) return false;
  const wanted = installFingerprint(root, system);
  if (readStamp(installStamp) === wanted) return true;
  if (!installMatchesLockfile(root)) return false;
  writeFileSync(installStamp, wanted);
  return true;
}

function canRun() {
  return existsSync(pinnedNode) || (!PINNED.includes(system) && atLeast(process.versions.node, RUN));
}

function isBuilt() {
  return readStamp(buildStamp) === buildFingerprint(root) && entries.every((file) => existsSync(join(root, file)));
}

async function install() {
  if (!PINNED.includes(system) && !atLeast(process.versions.node, RUN))
    throw new SetUpError(runNeeds(process.versions.node, system));
  rmSync(installStamp, { force: true });
  const wanted = installFingerprint(root, system);
  // npm must not run on the Node inside node_modules, which it is about to replace. Dev dependencies are needed to build,
  // whatever NODE_ENV says; install scripts are not, so none runs.
  const path = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.endsWith(join('node_modules', '.bin')));
  const args = [
    'ci',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--include=dev',
    '--include=optional',
    '--no-progress',
  ];
  const { ok, ending, output } = await runStep('Installing the dependencies', 'npm', args, {
    ...process.env,
    PATH: path.join(delimiter),
  });
  if (!ok) {
    throw new SetUpError(
      `npm ci ${ending}. The end of what it said:\n${tail(output, 25)}\n` +
        'Nothing was started. Check the network and the npm registry in your .npmrc, then try again.',
    );
  }
  usePinnedNode();
  writeFileSync(installStamp, wanted);
}

// The pinned binary is a glibc one. Where it does not run, the user's own Node serves if it is new enough.
function usePinnedNode() {
  if (existsSync(pinnedNode) && spawnSync(pinnedNode, ['--version']).status === 0) return;
  rmSync(pinnedNode, { force: true });
  if (!atLeast(process.versions.node, RUN))
    throw new SetUpError(`The pinned Node does not run here. ${runNeeds(process.versions.node, system)}`);
}

async function compile() {
  // Without a stamp nothing is known of what lies in dist: the compiler must not trust its incremental notes either.
  if (!existsSync(buildStamp)) filesBelow('dist', /\.tsbuildinfo$/).forEach((file) => rmSync(file));
  rmSync(buildStamp, { force: true });
  const wanted = buildFingerprint(root);
  const node = existsSync(pinnedNode) ? pinnedNode : process.execPath;
  const { ok, ending, output } = await runStep(
    'Building',
    node,
    ['node_modules/@nestjs/cli/bin/nest.js', 'build', '--all'],
    process.env,
  );
  if (!ok) throw new SetUpError(`The build ${ending}:\n${tail(output, 60)}`);
  removeOrphans();
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(buildStamp, wanted);
}

// The compiler leaves the output of sources that are gone, and the copies.
function removeOrphans() {
  for (const folder of ['apps', 'libs']) {
    for (const file of filesBelow(join('dist', folder), /\.(js|js\.map|d\.ts|html|css|svg)$/)) {
      const source = file.replace(join(root, 'dist'), root);
      // Compiled, or copied as it is: the dashboard's page.
      if (!existsSync(source.replace(/\.(js|js\.map|d\.ts)$/, '.ts')) && !existsSync(source)) rmSync(file);
    }
  }
}

function filesBelow(folder, pattern) {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true })
    .filter((name) => pattern.test(name))
    .map((name) => join(path, name));
}

function runStep(text, command, args, env) {
  return new Promise((resolve, reject) => {
    const parent = process.ppid;
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    // npm tells a SIGTERM only to its shell, which dies without a word to us: a new parent means that we are on our own.
    const finish = showProgress(text, () => process.ppid !== parent && stop());
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    let stopped = false;
    const stop = () => {
      if (!stopped) setTimeout(() => child.kill('SIGKILL'), STOP_MS).unref();
      stopped = true;
      child.kill();
    };
    signals.forEach((signal) => process.on(signal, stop));
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk) => (output += chunk));
    child.on('error', (error) => {
      finish(`${text}: failed`);
      reject(new SetUpError(error.code === 'ENOENT' ? `${command} was not found; it comes with Node.` : error.message));
    });
    child.on('close', (code, signal) => {
      signals.forEach((name) => process.off(name, stop));
      finish(`${text}: ${stopped ? 'stopped' : code === 0 ? 'done' : 'failed'}`);
      if (stopped) reject(new SetUpError('Stopped before the set-up was complete; the next start goes on from here.'));
      resolve({ ok: code === 0, ending: signal ? `was ended by ${signal}` : `ended with code ${code}`, output });
    });
  });
}

function tail(output, lines) {
  return output
    .trimEnd()
    .split('\n')
    .slice(-lines)
    .map((line) => `    ${line}`)
    .join('\n');
}

function readStamp(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
