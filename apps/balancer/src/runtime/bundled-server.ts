// Owns where the bundled sample replica lies. How it is run (a process, an image) is each runtime's.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RuntimeError } from './runtime-error.js';

/** Beside this build; beside the source when that is what runs (Node strips the types itself). @throws RuntimeError */
export function bundledServer(): string {
  const folder = join(import.meta.dirname, '../../../server/src');
  const main = ['main.js', 'main.ts'].map((file) => join(folder, file)).find(existsSync);
  if (main === undefined)
    throw new RuntimeError('bad_spec', `the bundled server is not in ${folder}: run \`npm run build\``);
  return main;
}

/** The folder that holds docker/, apps/ and, once built, dist/. @throws RuntimeError */
export function packageRoot(): string {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'docker/server.Dockerfile'))) return folder;
  }
  throw new RuntimeError('bad_spec', 'docker/server.Dockerfile is not in the installation');
}
