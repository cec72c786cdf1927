// Owns one base image for a whole run of the end-to-end suites: suites run side by side, and a base that one of them made would
// go with its pool while another is about to build on it. Where no engine answers there is nothing to hold.
import { randomBytes } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { engineAnswers } from './docker-engine.mjs';

const built = (file) =>
  import(pathToFileURL(join(import.meta.dirname, '../../dist/apps/balancer/src/runtime/docker', file)).href);
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** For jest, before the first suite. */
export default async function holdBase() {
  if (!(await engineAnswers(process.env))) return;
  const [{ DockerRuntime }, { EngineClient }, { cleanPool }] = await Promise.all(
    ['docker.runtime.js', 'engine-client.js', 'clean-pool.js'].map(built),
  );
  const pool = `e2e-base-${randomBytes(3).toString('hex')}`;
  const options = { pool, port: 5000, env: [], healthPath: '/heartbeat' };
  const runtime = new DockerRuntime(options, silent, new EngineClient());
  await runtime.prepare(() => {});
  globalThis.releaseBase = async () => {
    await runtime.close();
    await cleanPool({ pool });
  };
}
