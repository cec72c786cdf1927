import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseRuntime } from './detect.js';
import { probeEngine } from './docker/engine-probe.js';

const never = () => Promise.reject(new Error('must not be asked'));

describe('the choice of the runtime', () => {
  it.each(['docker', 'process', 'static'] as const)('is %s when that is named, and asks nobody', async (kind) => {
    expect(await chooseRuntime(kind, never)).toEqual({ kind, reason: `RUNTIME=${kind}` });
  });

  it('is Docker where an engine answers', async () => {
    const choice = await chooseRuntime('auto', async () => ({ answers: true, detail: 'Docker 27.1' }));
    expect(choice).toEqual({ kind: 'docker', reason: 'RUNTIME=auto: Docker 27.1 answers' });
  });

  it('is local processes where none does, and says why', async () => {
    const choice = await chooseRuntime('auto', async () => ({
      answers: false,
      detail: 'no answer from the Docker engine',
    }));
    expect(choice).toEqual({ kind: 'process', reason: 'RUNTIME=auto: no answer from the Docker engine' });
  });
});

describe('the question for an engine', () => {
  async function probeAt(host: string, withinMs = 2_000) {
    const before = process.env.DOCKER_HOST;
    process.env.DOCKER_HOST = host;
    try {
      return await probeEngine(withinMs);
    } finally {
      if (before === undefined) delete process.env.DOCKER_HOST;
      else process.env.DOCKER_HOST = before;
    }
  }

  it('is answered in words where there is no socket', async () => {
    expect(await probeAt('unix:///nonexistent/docker.sock')).toEqual({
      answers: false,
      detail: expect.stringContaining('is Docker installed and running?'),
    });
  });

  it('is answered in words where DOCKER_HOST makes no sense', async () => {
    expect(await probeAt('nonsense://')).toMatchObject({ answers: false });
  });

  it('is given up in time where something listens and says nothing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hashflow-probe-'));
    const socket = join(folder, 'mute.sock');
    const mute = createServer(() => {}).listen(socket);
    await once(mute, 'listening');
    expect(await probeAt(`unix://${socket}`, 100)).toEqual({
      answers: false,
      detail: expect.stringContaining('within 100 ms'),
    });
    mute.close();
    rmSync(folder, { recursive: true });
  });
});
