// Owns the packages that only charts and rivals need: installed into their own folder when first wanted, by their own
// lockfile, never into the product's.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';

const INSTALL_MS = 300_000;

/** @throws Error with the end of npm's output when it fails or takes longer than five minutes */
export async function installPackages(folder: string): Promise<void> {
  if (isInstalled(folder)) return;
  const what = `Installing the packages of ${basename(folder)}/`;
  const began = Date.now();
  const seconds = () => `${Math.round((Date.now() - began) / 1000)} s`;
  process.stderr.write(`${what} ...\n`);
  const telling = setInterval(() => process.stderr.write(`${what}: ${seconds()} so far\n`), 15_000);
  try {
    await npmCi(folder);
  } finally {
    clearInterval(telling);
  }
  process.stderr.write(`${what}: done (${seconds()})\n`);
}

// npm writes a lockfile of what it installed, as the last thing it does.
function isInstalled(folder: string): boolean {
  const installedFile = join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const installed = packagesIn(installedFile);
  return Object.entries(packagesIn(join(folder, 'package-lock.json'))).every(
    ([path, { version, optional }]) =>
      path === '' || (installed[path] ? installed[path].version === version : optional === true),
  );
}

function packagesIn(lockfile: string): Record<string, { version: string; optional?: boolean }> {
  return (JSON.parse(readFileSync(lockfile, 'utf8')) as { packages: ReturnType<typeof packagesIn> }).packages;
}

function npmCi(folder: string): Promise<void> {
  // npm runs on the Node that it came with, not on the one in node_modules.
  const path = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((entry) => !entry.endsWith(join('node_modules', '.bin')))
    .join(delimiter);
  return new Promise((resolve, reject) => {
    const child = spawn('npm', ['ci', '--ignore-scripts', '--include=optional', '--no-progress'], {
      cwd: folder,
      env: { ...process.env, PATH: path },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: INSTALL_MS,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`npm ci in ${basename(folder)}/ ended with ${signal ?? code}:\n${output.slice(-2000)}`));
    });
  });
}
