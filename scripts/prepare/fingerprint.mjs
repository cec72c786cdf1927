// Owns "is it stale?": fingerprints of what an install and a build are made from. What to do about it is run.mjs's.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Tests are not built, so that editing one makes no build stale. */
const LEFT_OUT = /(\.spec\.ts|\.e2e-spec\.ts)$|\/(testing|test)\//;

/** What the node_modules of this system should hold. */
export function installFingerprint(root, system) {
  return hashOf(root, ['package-lock.json', '.npmrc'], system);
}

/** What dist is made from: sources, compiler settings, dependencies. */
export function buildFingerprint(root) {
  const settings = ['tsconfig.json', 'nest-cli.json', 'package-lock.json'];
  const sources = ['apps', 'libs']
    .flatMap((folder) => filesBelow(join(root, folder)))
    .map((file) => relative(root, file));
  return hashOf(root, [...settings, ...sources.filter((file) => !LEFT_OUT.test(file)).sort()]);
}

/**
 * npm keeps a lockfile of what it installed; when it holds what ours asks for, an install by hand counts as good. It is
 * written last, so an install that was cut off has none.
 */
export function installMatchesLockfile(root) {
  const installedFile = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const asked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages;
  return Object.entries(asked).every(([path, entry]) => {
    if (path === '' || entry.link || entry.inBundle) return true;
    const found = installed[path];
    return found === undefined
      ? entry.optional === true || entry.devOptional === true
      : found.version === entry.version;
  });
}

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}

function hashOf(root, files, salt = '') {
  const hash = createHash('sha256').update(salt);
  for (const file of files) {
    const content = readFileSync(join(root, file));
    hash.update(`\0${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}
