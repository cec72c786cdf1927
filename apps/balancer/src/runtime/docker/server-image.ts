// Owns the image of the bundled server: on which base it stands, when it is built and when the one at hand will do. The
// recipe is docker/server.Dockerfile, the same that people build by hand.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { packageRoot } from '../bundled-server.js';
import type { Progress } from '../replica-runtime.js';
import { RuntimeError } from '../runtime-error.js';
import type { EngineClient, EngineInfo } from './engine-client.js';
import { findHostBase, makeHostBase } from './host-base.js';
import { findImage, pullImage } from './images.js';
import { BASE_LABEL, FINGERPRINT_LABEL, IMAGE_LABEL, labelFilter, IMAGE_POOL_LABEL } from './labels.js';
import { followSteps } from './progress-stream.js';

export interface ServerImageTerms {
  readonly engine: EngineClient;
  readonly info: EngineInfo;
  readonly pool: string;
  /** BASE_IMAGE. */
  readonly baseImage: string | undefined;
  readonly progress: Progress;
}

export interface ServerImage {
  readonly id: string;
  readonly ref: string;
}

/** Content by path within the package. */
type ContextFiles = ReadonlyMap<string, Buffer>;

const PUBLIC_BASE = 'node:24-bookworm-slim';
/** Short where there is another way, long where there is none. */
const PUBLIC_STALL_MS = 8_000;
const NAMED_STALL_MS = 60_000;
const BUILD_STALL_MS = 60_000;

const DOCKERFILE = 'docker/server.Dockerfile';
/** All that the image is made of, relative to the package. */
const CONTEXT = [DOCKERFILE, 'apps/server/package.json', 'dist/apps/server/src/main.js'];

/** Named by us, so built by us. */
export function isServerImage(pool: string, ref: string): boolean {
  return ref.startsWith(`${pool}-server:`);
}

/** Builds it unless the pool has one of the same content on the same base. @throws RuntimeError */
export async function ensureServerImage(terms: ServerImageTerms): Promise<ServerImage> {
  const files = await readContext();
  const base = await resolveBase(terms);
  try {
    return await imageOn(base, files, terms);
  } catch (error) {
    // The pool that had made the base may have been cleaned up in this moment: once more, on another one.
    if (await findImage(terms.engine, base)) throw error;
    return imageOn(await resolveBase(terms), files, terms);
  }
}

/**
 * The id of a base that has node; the balancer's own image stands on it too (scripts/image.mjs). The first that is there:
 * the one named, a public one, one made of the host's node before; then a pull; then making one. @throws RuntimeError
 */
export async function resolveBase({ engine, info, pool, baseImage, progress }: ServerImageTerms): Promise<string> {
  if (baseImage !== undefined) {
    return ((await findImage(engine, baseImage)) ?? (await pullImage(engine, baseImage, NAMED_STALL_MS, progress))).id;
  }
  const local = (await findImage(engine, PUBLIC_BASE))?.id ?? (await findHostBase(engine));
  if (local !== undefined) return local;
  try {
    return (await pullImage(engine, PUBLIC_BASE, PUBLIC_STALL_MS, progress)).id;
  } catch (error) {
    if (!(error instanceof RuntimeError) || error.code !== 'image_missing') throw error;
    progress(error.message);
    return makeHostBase(engine, info, pool, progress);
  }
}

async function imageOn(
  base: string,
  files: ContextFiles,
  { engine, pool, progress }: ServerImageTerms,
): Promise<ServerImage> {
  const fingerprint = fingerprintOf(files, base);
  const ref = `${pool}-server:${fingerprint.slice(0, 12)}`;
  const labels = {
    [IMAGE_LABEL]: 'server',
    [IMAGE_POOL_LABEL]: pool,
    [FINGERPRINT_LABEL]: fingerprint,
    [BASE_LABEL]: base,
  };
  const filters = labelFilter(labels);
  const built = await engine.query('list images', (abortSignal) => engine.docker.listImages({ filters, abortSignal }));
  if (built[0]) return { id: built[0].Id, ref };

  progress(`building the server image "${ref}"`);
  await build(engine, { ref, base, labels, files });
  const image = await findImage(engine, ref);
  if (!image) throw new RuntimeError('failed', `the server image "${ref}" is gone as soon as it was built`);
  return { id: image.id, ref };
}

interface BuildTerms {
  readonly ref: string;
  readonly base: string;
  readonly labels: Record<string, string>;
  readonly files: ContextFiles;
}

async function build(engine: EngineClient, { ref, base, labels, files }: BuildTerms): Promise<void> {
  const context = pack();
  // Fixed times and owners: the same content is the same layer.
  for (const [name, content] of files) context.entry({ name, mode: 0o644, mtime: new Date(0) }, content);
  context.finalize();
  try {
    const stream = await engine.call('begin the build', BUILD_STALL_MS, (abortSignal) =>
      engine.docker.buildImage(Readable.from(context), {
        t: ref,
        dockerfile: DOCKERFILE,
        buildargs: { BASE: base },
        labels,
        rm: true,
        forcerm: true,
        abortSignal,
      }),
    );
    await followSteps(stream, BUILD_STALL_MS);
  } catch (error) {
    throw new RuntimeError('failed', `cannot build the server image: ${(error as Error).message}`, { cause: error });
  }
}

async function readContext(): Promise<ContextFiles> {
  const root = packageRoot();
  try {
    return new Map(await Promise.all(CONTEXT.map(async (name) => [name, await readFile(join(root, name))] as const)));
  } catch (error) {
    throw new RuntimeError(
      'bad_spec',
      `the bundled server is not built: run \`npm run build\` (${(error as Error).message})`,
    );
  }
}

function fingerprintOf(files: ContextFiles, base: string): string {
  const hash = createHash('sha256').update(base);
  // Lengths between the parts: no two sets of files look the same in a row.
  for (const [name, content] of files) hash.update(`\n${name} ${content.length}\n`).update(content);
  return hash.digest('hex');
}
