// Owns the image of the balancer itself: staged (image/stage.mjs), put on the same base that the bundled server gets, built on
// the engine that DOCKER_HOST names. What is in it, docker/balancer.Dockerfile tells; how it runs, docker/compose.yaml.
//
//   node scripts/image.mjs [--tag NAME]     (default hashflow-balancer; BASE_IMAGE names another base)
import { readdirSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EngineClient } from '../dist/apps/balancer/src/runtime/docker/engine-client.js';
import { BASE_LABEL, IMAGE_LABEL, IMAGE_POOL_LABEL } from '../dist/apps/balancer/src/runtime/docker/labels.js';
import { followSteps } from '../dist/apps/balancer/src/runtime/docker/progress-stream.js';
import { resolveBase } from '../dist/apps/balancer/src/runtime/docker/server-image.js';
import { stage } from './image/stage.mjs';

const root = join(import.meta.dirname, '..');
const context = join(root, 'dist', 'image');
const BUILD_STALL_MS = 120_000;

const { values } = parseArgs({ options: { tag: { type: 'string', default: 'hashflow-balancer' } } });

try {
  await build(values.tag);
} catch (error) {
  console.error(`The image "${values.tag}" was not built: ${error.message}`);
  process.exitCode = 1;
}

async function build(tag) {
  const engine = new EngineClient();
  const info = await engine.info();
  const progress = (line) => console.log(line);
  const pool = process.env.POOL ?? 'hashflow';
  const base = await resolveBase({ engine, info, pool, baseImage: process.env.BASE_IMAGE || undefined, progress });
  progress('staging the build and its dependencies');
  stage(root, context);
  await cp(join(root, 'docker', 'balancer.Dockerfile'), join(context, 'Dockerfile'));
  progress(`building "${tag}" on ${base}`);
  const labels = { [IMAGE_LABEL]: 'balancer', [IMAGE_POOL_LABEL]: pool, [BASE_LABEL]: base };
  const options = { t: tag, buildargs: { BASE: base }, labels, rm: true, forcerm: true };
  const stream = await engine.docker.buildImage({ context, src: readdirSync(context) }, options);
  await followSteps(stream, BUILD_STALL_MS);
  progress(`built "${tag}": docker compose -f docker/compose.yaml up -d`);
}
