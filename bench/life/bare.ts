// Owns what an instance costs without us: the engine's own create, start and first answer for the very container that a replica
// is, and the operating system's for a process. Nothing of the balancer's code is in it.
import Docker from 'dockerode';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ask, eventually } from '../system/ask.ts';
import type { BenchRuntime } from '../system/balancer.ts';
import type { Pool } from './pool.ts';
import { freePort } from '../system/free-port.ts';

const SERVER = join(import.meta.dirname, '../../dist/apps/server/src/main.js');
const answers = (url: string) => async () => (await ask(url)).status === 200;

/** Milliseconds until an instance like those of this pool answers, without us. */
export async function bareInstance(runtime: BenchRuntime, pool: Pool): Promise<number> {
  return runtime === 'docker' ? bareContainer(await pool.anyInstance()) : bareProcess();
}

/** @param like id of a replica's container, whose image, limits and network it gets; not its labels, by which it would be the pool's */
async function bareContainer(like: string): Promise<number> {
  const docker = new Docker();
  const { Config, HostConfig, NetworkSettings } = await docker.getContainer(like).inspect();
  const { Image, Cmd, Env, User } = Config;
  const began = performance.now();
  const container = await docker.createContainer({ Image, Cmd, Env, User, HostConfig });
  try {
    await container.start();
    const { NetworkSettings: own } = await container.inspect();
    const [network = ''] = Object.keys(NetworkSettings.Networks);
    const host = own.Networks[network]?.IPAddress;
    await eventually('a bare container answers', answers(`http://${host}:5000/heartbeat`));
    return performance.now() - began;
  } finally {
    await container.remove({ force: true, v: true });
  }
}

async function bareProcess(): Promise<number> {
  const port = await freePort();
  const began = performance.now();
  const env = { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: String(port), SERVER_ID: 'bare' };
  const child = spawn(process.execPath, [SERVER], { env, stdio: 'ignore' });
  try {
    await eventually('a bare process answers', answers(`http://127.0.0.1:${port}/heartbeat`));
    return performance.now() - began;
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

export async function engineAnswers(): Promise<boolean> {
  return new Docker().ping().then(
    () => true,
    () => false,
  );
}
