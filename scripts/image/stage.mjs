// Owns what goes into the balancer's image: the build and the packages that it needs to run, nothing to build or test with.
// How an image is made of it is image.mjs's.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Needed by whoever compiles or debugs, not by whoever runs. */
const DEAD_WEIGHT = /\.(map|d\.[cm]?ts|tsbuildinfo)$/;

/** Fills `target` anew from the work tree at `root`, which must be installed and built. */
export function stage(root, target) {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const { name, version, license, type, files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const path of [...files.filter((path) => !path.startsWith('!')), 'LICENSE']) copy(root, target, path);
  writeFileSync(join(target, 'package.json'), JSON.stringify({ name, version, license, type, private: true }, null, 2));
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  for (const path of productionPackages(lock.packages)) {
    // Optional packages of other systems are in the lockfile only.
    if (existsSync(join(root, path))) copy(root, target, path);
  }
}

/** Paths of the packages that run in production. The pinned Node stays out: the image's base brings it. */
export function productionPackages(packages) {
  return Object.entries(packages)
    .filter(
      ([path, entry]) =>
        path !== '' && !entry.dev && !entry.devOptional && !entry.link && !/\/node-linux-[^/]+$/.test(path),
    )
    .map(([path]) => path);
}

// Packages inside a package are entries of their own in the lockfile: each is judged by itself.
function copy(root, target, path) {
  const from = join(root, path);
  cpSync(from, join(target, path), {
    recursive: true,
    filter: (file) => !DEAD_WEIGHT.test(file) && !file.slice(from.length).includes('/node_modules'),
  });
}
