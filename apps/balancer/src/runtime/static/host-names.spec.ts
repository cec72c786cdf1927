import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Logger } from '../../telemetry/logger.js';
import { HostNames, systemAddresses } from './host-names.js';

const INTERVAL = 30_000;

describe('host names', () => {
  /** What the world answers; a text is an error's code. */
  const world = new Map<string, string[] | string>();
  let asked: string[];
  let changes: string[];
  let said: string[];
  let names: HostNames;
  const log: Logger = {
    debug() {},
    info: (_fields, message) => void said.push(message),
    warn: (_fields, message) => void said.push(message),
    error: (_fields, message) => void said.push(message),
  };
  let answering: Promise<void> = Promise.resolve();

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    world.clear();
    [asked, changes, said, answering] = [[], [], [], Promise.resolve()];
    names = new HostNames({
      interval: INTERVAL,
      log,
      onChange: (host) => changes.push(`${host} ${names.addressOf(host)}`),
      lookup: async (host) => {
        asked.push(host);
        await answering;
        const answer = world.get(host) ?? 'ENOTFOUND';
        if (typeof answer === 'string') throw Object.assign(new Error(answer), { code: answer });
        return answer.map((address) => ({ address }));
      },
    });
  });
  afterEach(() => {
    names.close();
    jest.useRealTimers();
  });
  const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

  it('are asked for at once, and told when they have an address', async () => {
    world.set('web', ['10.0.0.1']);
    names.watch(new Set(['web']));
    expect(names.addressOf('web')).toBeUndefined();
    await pass(0);
    expect([names.addressOf('web'), changes]).toEqual(['10.0.0.1', ['web 10.0.0.1']]);
  });

  it.each(['10.0.0.1', '::1', 'localhost', 'api.localhost'])(
    'that never move are asked nobody about: %s',
    async (host) => {
      names.watch(new Set([host]));
      await pass(INTERVAL);
      expect([names.addressOf(host), asked]).toEqual([host, []]);
    },
  );

  it('are asked for again after each interval, and only a change is told', async () => {
    world.set('web', ['10.0.0.1', '10.0.0.2']);
    names.watch(new Set(['web']));
    await pass(0);
    world.set('web', ['10.0.0.2', '10.0.0.1']);
    await pass(INTERVAL);
    expect([asked.length, changes]).toEqual([2, ['web 10.0.0.1']]);
    world.set('web', ['10.0.0.2', '10.0.0.3']);
    await pass(INTERVAL);
    expect([asked.length, changes]).toEqual([3, ['web 10.0.0.1', 'web 10.0.0.2']]);
  });

  it('keep their last address while nobody answers, and that is said once', async () => {
    world.set('web', ['10.0.0.1']);
    names.watch(new Set(['web']));
    await pass(0);
    world.set('web', 'EAI_AGAIN');
    await pass(5 * INTERVAL);
    expect(names.addressOf('web')).toBe('10.0.0.1');
    expect(said).toEqual(['a host name cannot be resolved: what is known stays']);
    world.set('web', ['10.0.0.7']);
    await pass(INTERVAL);
    expect(changes).toEqual(['web 10.0.0.1', 'web 10.0.0.7']);
    expect(said.slice(1)).toEqual(['a host name has an address again', 'a host name has another address']);
  });

  it('without any address yet are asked for every second', async () => {
    names.watch(new Set(['late']));
    await pass(5000);
    expect(asked.length).toBeGreaterThanOrEqual(5);
    world.set('late', ['10.0.0.1']);
    await pass(1000);
    expect(names.addressOf('late')).toBe('10.0.0.1');
  });

  it('are asked for one at a time, so that a silent server of names takes one thread and not all', async () => {
    let answer = () => {};
    answering = new Promise((resolve) => (answer = resolve));
    for (const name of ['a', 'b', 'c']) world.set(name, ['10.0.0.1']);
    names.watch(new Set(['a', 'b', 'c']));
    await pass(10 * INTERVAL);
    expect(asked).toEqual(['a']);
    answer();
    await pass(0);
    expect([...asked].sort()).toEqual(['a', 'b', 'c']);
  });

  it('that are of no interest any more are not asked for, and an answer that comes late tells nobody', async () => {
    let answer = () => {};
    answering = new Promise((resolve) => (answer = resolve));
    world.set('web', ['10.0.0.1']);
    names.watch(new Set(['web']));
    await pass(0);
    names.watch(new Set());
    answer();
    await pass(10 * INTERVAL);
    expect([asked, changes, names.addressOf('web')]).toEqual([['web'], [], undefined]);
  });

  it('are asked for no more after the close', async () => {
    names.watch(new Set(['web']));
    await pass(0);
    names.close();
    await pass(10 * INTERVAL);
    expect(asked).toEqual(['web']);
  });
});

describe('the system', () => {
  it('is asked for all addresses of a name, /etc/hosts and all', async () => {
    const addresses = (await systemAddresses('localhost')).map(({ address }) => address);
    expect(addresses.length).toBeGreaterThan(0);
    expect(addresses.filter((address) => address !== '127.0.0.1' && address !== '::1')).toEqual([]);
  });

  it('says so when there is no such name', async () => {
    await expect(systemAddresses('no such name')).rejects.toMatchObject({ code: expect.any(String) });
  });
});
