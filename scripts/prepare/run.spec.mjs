// The set-up as a whole, in a scratch folder with this project's scripts and a stand-in for npm and for the compiler: both are
// slow, and only stand-ins fail on demand.
import { spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const scripts = join(import.meta.dirname, '..');
const COMPILER = `
  import { appendFileSync, mkdirSync, writeFileSync, existsSync } from 'node:fs';
  appendFileSync('journal', 'build\\n');
  for (const file of ['apps/balancer/src/main', 'apps/balancer/src/data.main', 'apps/server/src/main', 'apps/cli/src/main']) {
    mkdirSync('dist/' + file.replace(/[^/]*$/, ''), { recursive: true });
    writeFileSync('dist/' + file + '.js', '');
  }
  if (existsSync('broken')) { console.log('error TS2322: no'); process.exit(1); }`;
const NPM = `#!/bin/sh
echo install >>journal
if [ -e offline ]; then echo 'npm error code ECONNREFUSED' >&2; exit 1; fi
cp -r shelf node_modules
`;

let root;
const put = (path, content) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
};
const journal = () =>
  existsSync(join(root, 'journal')) ? readFileSync(join(root, 'journal'), 'utf8').trim().split('\n') : [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hashflow-prepare-'));
  cpSync(join(scripts, 'prepare.mjs'), join(root, 'scripts/prepare.mjs'));
  cpSync(join(scripts, 'prepare'), join(root, 'scripts/prepare'), { recursive: true });
  for (const file of ['package-lock.json', '.npmrc', 'tsconfig.json', 'nest-cli.json']) put(file, '{"packages":{}}');
  for (const file of ['balancer/src/main', 'balancer/src/data.main', 'server/src/main', 'cli/src/main'])
    put(`apps/${file}.ts`, '');
  put('libs/hashing/src/index.ts', '');
  put('shelf/.package-lock.json', '{"packages":{}}');
  put('shelf/@nestjs/cli/bin/package.json', '{"type":"module"}');
  put('shelf/@nestjs/cli/bin/nest.js', COMPILER);
  mkdirSync(join(root, 'shelf/.bin'));
  symlinkSync(process.execPath, join(root, 'shelf/.bin/node'));
  put('path/npm', NPM);
  chmodSync(join(root, 'path/npm'), 0o755);
});
afterEach(() => rmSync(root, { recursive: true }));

async function prepare() {
  const env = { ...process.env, PATH: `${join(root, 'path')}:${process.env.PATH}` };
  const child = spawn(process.execPath, ['scripts/prepare.mjs'], { cwd: root, env });
  let said = '';
  child.stderr.on('data', (chunk) => (said += chunk));
  return { code: await new Promise((resolve) => child.on('close', resolve)), said };
}

test('a fresh clone is installed and built, once', async () => {
  expect((await prepare()).code).toBe(0);
  expect(await prepare()).toEqual({ code: 0, said: '' });
  expect(journal()).toEqual(['install', 'build']);
});

test('two set-ups at once do the work once', async () => {
  const both = await Promise.all([prepare(), prepare()]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(journal()).toEqual(['install', 'build']);
});

test('a changed source is built, and installs nothing', async () => {
  await prepare();
  put('apps/server/src/main.ts', 'changed');
  await prepare();
  expect(journal()).toEqual(['install', 'build', 'build']);
});

test('a build that failed says why, and never looks fresh', async () => {
  put('broken', '');
  const { code, said } = await prepare();
  expect(code).toBe(1);
  expect(said).toContain('error TS2322: no');
  await prepare();
  expect(journal()).toEqual(['install', 'build', 'build']);
});

test('a failed build over a good one leaves no good one behind', async () => {
  await prepare();
  put('apps/server/src/main.ts', 'broken');
  put('broken', '');
  expect((await prepare()).code).toBe(1);
  put('apps/server/src/main.ts', '');
  expect((await prepare()).code).toBe(1);
});

test('the output of a source that is gone goes too', async () => {
  put('dist/apps/server/src/gone.js', '');
  await prepare();
  expect(existsSync(join(root, 'dist/apps/server/src/gone.js'))).toBe(false);
  expect(existsSync(join(root, 'dist/apps/server/src/main.js'))).toBe(true);
});

test('what was copied stays while its source is there, and goes with it', async () => {
  put('apps/balancer/src/page/kept.js', '');
  for (const name of ['kept.js', 'gone.js', 'gone.css']) put(`dist/apps/balancer/src/page/${name}`, '');
  await prepare();
  const left = ['kept.js', 'gone.js', 'gone.css'].filter((name) =>
    existsSync(join(root, 'dist/apps/balancer/src/page', name)),
  );
  expect(left).toEqual(['kept.js']);
});

test('an install that failed shows the end of what npm said and what to do, and is tried again', async () => {
  put('offline', '');
  const { code, said } = await prepare();
  expect(code).toBe(1);
  expect(said).toContain('npm error code ECONNREFUSED');
  expect(said).toContain('try again');
  rmSync(join(root, 'offline'));
  expect((await prepare()).code).toBe(0);
});

test('an install by hand that holds what the lockfile asks for is taken as it is', async () => {
  cpSync(join(root, 'shelf'), join(root, 'node_modules'), { recursive: true });
  await prepare();
  expect(journal()).toEqual(['build']);
});
