import { describe, expect, it } from '@jest/globals';
import type { ContainerInspectInfo } from 'dockerode';
import { observe } from './observe.js';

const NEVER = '0001-01-01T00:00:00Z';

function inspected(
  changes: { state?: object; name?: string; networks?: object; ports?: object; labels?: object } = {},
): ContainerInspectInfo {
  return {
    Id: 'c1',
    Name: changes.name ?? '/p.Server_1.3',
    Config: {
      Labels: changes.labels ?? { 'io.hashflow.pool': 'p', 'io.hashflow.spec': 'h', 'io.hashflow.port': '5000' },
    },
    State: {
      Status: 'running',
      Pid: 42,
      ExitCode: 0,
      OOMKilled: false,
      StartedAt: '2026-01-02T03:04:05.123456789Z',
      FinishedAt: NEVER,
      ...changes.state,
    },
    NetworkSettings: { Networks: changes.networks ?? { p: { IPAddress: '10.0.0.2' } }, Ports: changes.ports ?? {} },
  } as unknown as ContainerInspectInfo;
}

describe('a container seen as an instance', () => {
  it('has its slot, generation, address, pid and times', () => {
    expect(observe('p', 'address', inspected())).toEqual({
      id: 'c1',
      slot: 'Server 1',
      generation: 3,
      specHash: 'h',
      leftover: false,
      state: 'running',
      address: { host: '10.0.0.2', port: 5000 },
      pid: 42,
      startedAt: Date.parse('2026-01-02T03:04:05.123Z'),
    });
  });

  it.each([
    ['created', 'created'],
    ['running', 'running'],
    ['restarting', 'running'],
    ['paused', 'paused'],
    ['exited', 'exited'],
    ['dead', 'exited'],
    ['removing', 'exited'],
    ['of a later engine', 'exited'],
  ])('that the engine calls "%s" is %s', (Status, state) => {
    expect(observe('p', 'address', inspected({ state: { Status } })).state).toBe(state);
  });

  it.each([
    [7, false, null],
    [0, false, null],
    [137, true, 'SIGKILL'],
    [143, false, 'SIGTERM'],
    [139, false, 'SIGSEGV'],
    [255, false, null],
  ])('that ended with %i (out of memory: %s) tells how', (ExitCode, OOMKilled, signal) => {
    const state = { Status: 'exited', Pid: 0, ExitCode, OOMKilled, FinishedAt: '2026-01-02T03:05:00Z' };
    const seen = observe('p', 'address', inspected({ state }));
    expect(seen.exit).toEqual({ code: ExitCode, signal, oom: OOMKilled, at: Date.parse('2026-01-02T03:05:00Z') });
    expect(seen).not.toHaveProperty('address');
    expect(seen).not.toHaveProperty('pid');
  });

  it('that was renamed by hand fills no slot (TRAPS 12)', () => {
    expect(observe('p', 'address', inspected({ name: '/my-server' }))).toMatchObject({
      slot: '',
      generation: 0,
      state: 'running',
    });
  });

  it('that was taken off the network has no address (TRAPS 12)', () => {
    expect(observe('p', 'address', inspected({ networks: {} }))).not.toHaveProperty('address');
    expect(observe('p', 'address', inspected({ networks: { p: { IPAddress: '' } } }))).not.toHaveProperty('address');
  });

  it('is dialled at its published port where addresses do not route, and nowhere before it has one', () => {
    const ports = { '5000/tcp': [{ HostIp: '127.0.0.1', HostPort: '32768' }] };
    expect(observe('p', 'published', inspected({ ports })).address).toEqual({ host: '127.0.0.1', port: 32768 });
    expect(observe('p', 'published', inspected())).not.toHaveProperty('address');
  });

  it('that was never started has no start and no end', () => {
    const seen = observe('p', 'address', inspected({ state: { Status: 'created', Pid: 0, StartedAt: NEVER } }));
    expect(seen).not.toHaveProperty('startedAt');
    expect(seen).not.toHaveProperty('exit');
  });
});
