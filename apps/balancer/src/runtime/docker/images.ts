// Owns how an image reference becomes a pinned id: the local image, or a pull. What our own images are made of is
// server-image.ts's and host-base.ts's.
import type { Progress } from '../replica-runtime.js';
import { RuntimeError } from '../runtime-error.js';
import { type EngineClient, statusOf } from './engine-client.js';
import type { Labels } from './labels.js';
import { followSteps } from './progress-stream.js';

export interface LocalImage {
  /** `sha256:…`: what a container is made from, so that a moved tag changes nothing. */
  readonly id: string;
  readonly labels: Labels;
  /** STOPSIGNAL of its Dockerfile. */
  readonly stopSignal?: string;
}

/** The image by reference or id; undefined when the engine does not have it. @throws RuntimeError */
export async function findImage(engine: EngineClient, ref: string): Promise<LocalImage | undefined> {
  try {
    const image = await engine.query(`look at the image "${ref}"`, (abortSignal) =>
      // The typings know of no signal here, the library does.
      engine.docker.getImage(ref).inspect({ abortSignal } as object),
    );
    // The typings leave it out.
    const { StopSignal: stopSignal } = (image.Config ?? {}) as { StopSignal?: string };
    return { id: image.Id, labels: image.Config?.Labels ?? {}, ...(stopSignal && { stopSignal }) };
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/**
 * Pulls anonymously. @param stallMs gives up when nothing moves for so long
 * @throws RuntimeError code `image_missing` with the registry's reason, `unreachable` when the engine itself is gone
 */
export async function pullImage(
  engine: EngineClient,
  ref: string,
  stallMs: number,
  progress: Progress,
): Promise<LocalImage> {
  progress(`pulling the image "${ref}"`);
  let layers = 0;
  try {
    const stream = await engine.call(`begin to pull "${ref}"`, stallMs, (abortSignal) =>
      engine.docker.pull(ref, { abortSignal }),
    );
    await followSteps(stream, stallMs, ({ status }) => {
      if (status === 'Pull complete')
        progress(`pulling the image "${ref}": ${++layers} layer${layers === 1 ? '' : 's'} done`);
    });
  } catch (error) {
    if (error instanceof RuntimeError && error.code === 'unreachable') throw error;
    const reason = plainReason((error as Error).message);
    throw new RuntimeError('image_missing', `the image "${ref}" is not here and cannot be pulled: ${reason}`, {
      cause: error,
    });
  }
  const image = await findImage(engine, ref);
  if (image) return image;
  throw new RuntimeError('image_missing', `the image "${ref}" was pulled and is gone again`);
}

/** Registries and resolvers speak in stack traces; the operator needs to know what to do. */
export function plainReason(reason: string): string {
  const words: readonly (readonly [RegExp, string])[] = [
    [
      /no such host|server misbehaving|temporary failure in name|lookup .* on /i,
      'the registry’s name cannot be resolved (no network?)',
    ],
    [
      /connection refused|network is unreachable|no route to host|i\/o timeout|deadline exceeded|no progress|within \d+ ms/i,
      'the registry does not answer',
    ],
    [
      /denied|unauthorized|authentication required/i,
      'the registry has no such image, or wants a login: `docker login`, then `docker pull` it',
    ],
    [/manifest unknown|not found|no such image/i, 'the registry has no such image or tag'],
    [/no matching manifest/i, 'the image does not exist for this kind of machine'],
    [/invalid reference/i, 'this is no image reference'],
    [/toomanyrequests|rate limit/i, 'the registry limits anonymous pulls: `docker login`, or try later'],
  ];
  return words.find(([pattern]) => pattern.test(reason))?.[1] ?? reason;
}
