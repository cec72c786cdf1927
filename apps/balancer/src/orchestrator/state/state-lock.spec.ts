import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identify } from '../../platform/process-identity.js';
import { StartError } from '../pool-error.js';
import { poolHolder, StateLock } from './state-lock.js';

describe('the lock of a STATE_DIR (TRAPS 5)', () => {
  let dir: string;
  const sleepers: ChildProcess[] = [];

  /** Another process, in whose name the lock can be taken. */
  async function sleeper(): Promise<ChildProcess & { pid: number }> {
    const child = spawn('sleep', ['60'], { stdio: 'ignore' });
    sleepers.push(child);
    await once(child, 'spawn');
    return child as ChildProcess & { pid: number };
  }

  async function kill(child: ChildProcess): Promise<void> {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'hashflow-lock-'));
  });
  afterEach(async () => {
    for (const child of sleepers.splice(0)) child.kill('SIGKILL');
    await rm(dir, { recursive: true, force: true });
  });

  it('is refused to a second balancer in one clear line that names the pool and the holder', async () => {
    await StateLock.acquire(dir, 'shop');
    const refused = StateLock.acquire(dir, 'shop');
    await expect(refused).rejects.toThrow(`A balancer of pool shop already runs (pid ${process.pid}).`);
    await expect(refused).rejects.toBeInstanceOf(StartError);
  });

  it('tells whose folder it is, when another pool already runs on it', async () => {
    await StateLock.acquire(dir, 'shop');
    const message = `STATE_DIR ${dir} belongs to pool shop, whose balancer runs (pid ${process.pid}). Give pool other another STATE_DIR.`;
    await expect(StateLock.acquire(dir, 'other')).rejects.toThrow(message);
    expect((await poolHolder(dir, 'other'))?.message).toBe(message);
  });

  it('says which setting helps when the folder cannot be written, without a trace of the inside', async () => {
    const gone = join(dir, 'gone');
    const refused = StateLock.acquire(gone, 'shop');
    await expect(refused).rejects.toBeInstanceOf(StartError);
    await expect(refused).rejects.toThrow(
      /^STATE_DIR .*gone cannot be used: ENOENT.* Set it to a folder that this user may write\.$/,
    );
  });

  it('is free again once released, and a folder without lock files is left', async () => {
    const lock = await StateLock.acquire(dir, 'shop');
    await lock.release();
    expect(await readdir(dir)).toEqual([]);
    await (await StateLock.acquire(dir, 'shop')).release();
  });

  it('leaves nothing but itself behind, readable by its owner only', async () => {
    await StateLock.acquire(dir, 'shop');
    expect(await readdir(dir)).toEqual(['lock']);
    expect((await stat(join(dir, 'lock'))).mode & 0o777).toBe(0o600);
  });

  it('is refused while its holder lives, and given once it was killed', async () => {
    const holder = await sleeper();
    await StateLock.acquire(dir, 'shop', holder.pid);
    await expect(StateLock.acquire(dir, 'shop')).rejects.toThrow(`pid ${holder.pid}`);
    await kill(holder);
    await StateLock.acquire(dir, 'shop');
    expect(await readdir(dir)).toEqual(['lock']);
  });

  it('is given when the holder’s pid belongs to another process now', async () => {
    const holder = { token: '00000000-0000-4000-8000-000000000000', pid: process.pid, startTime: 'an earlier one' };
    await writeFile(join(dir, 'lock'), JSON.stringify(holder));
    await StateLock.acquire(dir, 'shop');
    expect(JSON.parse(await readFile(join(dir, 'lock'), 'utf8'))).toMatchObject({
      startTime: (await identify(process.pid))?.startTime,
    });
  });

  it.each(['', '{', '{"pid":1}', '{"token":"../../etc","pid":1,"startTime":"x"}'])(
    'is given when its file is damaged: %j',
    async (text) => {
      await writeFile(join(dir, 'lock'), text);
      await StateLock.acquire(dir, 'shop');
      await expect(StateLock.acquire(dir, 'shop')).rejects.toThrow('already runs');
    },
  );

  it('goes to exactly one of many racers for a dead balancer’s lock', async () => {
    for (let round = 0; round < 10; round++) {
      const dead = await sleeper();
      await StateLock.acquire(dir, 'shop', dead.pid);
      await kill(dead);
      const racers = await Promise.all(Array.from({ length: 8 }, sleeper));
      const results = await Promise.allSettled(racers.map(({ pid }) => StateLock.acquire(dir, 'shop', pid)));
      const winners = results.flatMap((result, i) =>
        result.status === 'fulfilled' ? [{ lock: result.value, pid: racers[i]?.pid }] : [],
      );
      expect(winners).toHaveLength(1);
      expect(JSON.parse(await readFile(join(dir, 'lock'), 'utf8'))).toMatchObject({ pid: winners[0]?.pid });
      expect(await readdir(dir)).toEqual(['lock']);
      await winners[0]?.lock.release();
      for (const child of sleepers.splice(0)) child.kill('SIGKILL');
    }
  }, 30_000);

  it('goes to a next one when the one who took it over was killed halfway', async () => {
    const [first, second] = [await sleeper(), await sleeper()];
    await StateLock.acquire(dir, 'shop', first.pid);
    const { token } = JSON.parse(await readFile(join(dir, 'lock'), 'utf8'));
    await kill(first);
    // The claim stands, but was not moved up yet.
    const claim = {
      token: '00000000-0000-4000-8000-000000000001',
      pid: second.pid,
      startTime: (await identify(second.pid))?.startTime,
    };
    await writeFile(join(dir, `lock.${token}`), JSON.stringify(claim));
    await expect(StateLock.acquire(dir, 'shop')).rejects.toThrow(`pid ${second.pid}`);
    await kill(second);
    await StateLock.acquire(dir, 'shop');
    expect(await readdir(dir)).toEqual(['lock']);
  });

  it('is not released by one who has lost it', async () => {
    const lock = await StateLock.acquire(dir, 'shop');
    const other = { token: '00000000-0000-4000-8000-000000000002', pid: 1, startTime: 'x' };
    await writeFile(join(dir, 'lock'), JSON.stringify(other));
    await lock.release();
    expect(await readdir(dir)).toEqual(['lock']);
  });
});
