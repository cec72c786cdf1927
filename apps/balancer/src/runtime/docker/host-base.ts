// Owns the base image of last resort: where no registry can be reached, the host's own node binary and the libraries it is
// linked with make one. What is put on top is server-image.ts's.
import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { type Pack, pack } from 'tar-stream';
import type { Progress } from '../replica-runtime.js';
import { RuntimeError } from '../runtime-error.js';
import type { EngineClient, EngineInfo } from './engine-client.js';
import { FINGERPRINT_LABEL, IMAGE_LABEL, labelFilter, IMAGE_POOL_LABEL } from './labels.js';
import { followSteps } from './progress-stream.js';

const REPOSITORY = 'hashflow-base';
const STALL_MS = 60_000;

/** Node's word for Docker's. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x86_64: 'x64',
  aarch64: 'arm64',
  amd64: 'x64',
  arm64: 'arm64',
};

/** One image per node version: the next pool, and the next start, find it. */
function fingerprint(): string {
  return `node-${process.version}-${process.arch}`;
}

/** The id of a base made before, by whichever pool. */
export async function findHostBase(engine: EngineClient): Promise<string | undefined> {
  const filters = labelFilter({ [IMAGE_LABEL]: 'base', [FINGERPRINT_LABEL]: fingerprint() });
  const images = await engine.query('list images', (abortSignal) => engine.docker.listImages({ filters, abortSignal }));
  return images[0]?.Id;
}

/** @returns its id. @throws RuntimeError code `image_missing` where the host's node would not run in a container */
export async function makeHostBase(
  engine: EngineClient,
  info: EngineInfo,
  pool: string,
  progress: Progress,
): Promise<string> {
  if (process.platform !== 'linux' || ARCHITECTURES[info.architecture] !== process.arch) {
    const host = `${process.platform} on ${process.arch}`;
    throw new RuntimeError(
      'image_missing',
      `no Node image can be pulled, and the host’s node (${host}) does not run in a container here: set BASE_IMAGE to a local image that has Node 24`,
    );
  }
  progress(
    `making a base image from this host’s node ${process.version} (no public image can be pulled; BASE_IMAGE names another)`,
  );
  const files = [process.execPath, ...(await librariesOf(process.execPath))];
  const archive = pack();
  const labels = { [IMAGE_LABEL]: 'base', [FINGERPRINT_LABEL]: fingerprint(), [IMAGE_POOL_LABEL]: pool };
  const change = `LABEL ${Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')}`;
  const filled = fill(archive, files);
  // Whichever of the two breaks, the other one ends as well: destroying the archive breaks the engine's request.
  filled.catch((error: Error) => archive.destroy(error));
  try {
    const imported = engine.call('take the base image', STALL_MS, (abortSignal) =>
      engine.docker.importImage(Readable.from(archive), {
        repo: REPOSITORY,
        tag: fingerprint(),
        changes: change,
        abortSignal,
      }),
    );
    const [stream] = await Promise.all([imported, filled]);
    await followSteps(stream, STALL_MS);
  } catch (error) {
    archive.destroy();
    throw new RuntimeError('failed', `cannot make the base image: ${(error as Error).message}`, { cause: error });
  }
  const id = await findHostBase(engine);
  if (id === undefined) throw new RuntimeError('failed', 'the base image is gone as soon as it was made');
  return id;
}

/** Shared libraries by the paths under which the loader looks for them, the loader itself included. */
async function librariesOf(binary: string): Promise<string[]> {
  const listing = await promisify(execFile)('ldd', [binary]).then(
    ({ stdout }) => stdout,
    // A static binary: ldd says so and fails.
    () => '',
  );
  return parseLdd(listing);
}

/** `libm.so.6 => /lib/libm.so.6 (0x…)` and `/lib64/ld-linux.so.2 (0x…)` → the paths. */
export function parseLdd(listing: string): string[] {
  return [...listing.matchAll(/(?:=>\s+|^\s*)(\/\S+)\s+\(0x/gm)].map((match) => match[1] ?? '');
}

async function fill(archive: Pack, files: readonly string[]): Promise<void> {
  const user = 'root:x:0:0:root:/:/sbin/nologin\nnode:x:1000:1000:node:/:/sbin/nologin\n';
  archive.entry({ name: 'etc/passwd', mode: 0o644 }, user);
  archive.entry({ name: 'etc/group', mode: 0o644 }, 'root:x:0:\nnode:x:1000:\n');
  archive.entry({ name: 'tmp', type: 'directory', mode: 0o1777 });
  for (const [index, file] of files.entries()) {
    const source = await realpath(file);
    const { size } = await stat(source);
    const name = index === 0 ? 'usr/local/bin/node' : file.slice(1);
    await pipeline(createReadStream(source), archive.entry({ name, size, mode: 0o755 }));
  }
  archive.finalize();
}
