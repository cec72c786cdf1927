import { describe, expect, it } from '@jest/globals';
import type { Workload } from '../../runtime/replica-runtime.js';
import { parseState } from './pool-state.js';
import { specHash } from './workload.js';

const PLAIN: Workload = { image: 'sha256:aa', imageRef: 'app:1', port: 5000, env: { A: '1', B: '2' }, healthPath: '/' };
const RICH: Workload = {
  ...PLAIN,
  command: ['serve'],
  hardening: 'strict',
  stopGraceMs: 5_000,
  container: {
    stopSignal: 'SIGQUIT',
    user: 'app',
    mounts: [{ type: 'volume', source: 'd-{slot}', target: '/d', readOnly: false }],
    networks: ['back'],
    labels: { b: '2', a: '1' },
    tmpfs: { '/run': '' },
    entrypoint: ['/run'],
    workingDir: '/srv',
    memory: 64_000_000,
    cpus: 0.5,
    pids: 9,
  },
};

describe('the fingerprint of a workload', () => {
  it('of one that was known before there were compose services stays what it was', () => {
    expect(specHash(PLAIN)).toBe('68850ddfc9705cfd');
  });

  it('is the same once it was stored and read again', () => {
    const state = {
      schema: 1,
      runtime: 'docker',
      members: [],
      workload: RICH,
      hashKey: 'path',
      createdWith: { n: 0, replicas: [] },
      generations: {},
      ended: false,
      savedAt: '',
    };
    const { workload } = parseState(JSON.stringify(state));
    expect(workload).toEqual(RICH);
    expect(specHash(workload)).toBe(specHash(RICH));
  });

  it.each([
    ['hardening', { hardening: 'default' }],
    ['a trait', { container: { ...RICH.container, user: 'root' } }],
    ['a mount', { container: { ...RICH.container, mounts: [] } }],
    ['a variable', { env: {} }],
  ] as [string, Partial<Workload>][])('is another one for another value of %s', (_, change) => {
    expect(specHash({ ...RICH, ...change })).not.toBe(specHash(RICH));
  });

  it.each([
    ['the image’s reference', { imageRef: 'app:2' }],
    ['the probe’s path', { healthPath: '/up' }],
    ['the grace of a stop', { stopGraceMs: 1 }],
  ] as [string, Partial<Workload>][])('is the same for another value of %s', (_, change) => {
    expect(specHash({ ...RICH, ...change })).toBe(specHash(RICH));
  });
});
