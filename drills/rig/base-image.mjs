// Prints the id of an image that has node: the one that the bundled server's image would stand on. Made by the product's own
// code, as the built program has it, so that a machine without a registry gets one too.
//
//   node drills/rig/base-image.mjs POOL
import { EngineClient } from '../../dist/apps/balancer/src/runtime/docker/engine-client.js';
import { resolveBase } from '../../dist/apps/balancer/src/runtime/docker/server-image.js';

const engine = new EngineClient();
const info = await engine.info();
const baseImage = process.env.BASE_IMAGE || undefined;
const progress = (line) => console.error(line);
console.log(await resolveBase({ engine, info, pool: process.argv[2], baseImage, progress }));
