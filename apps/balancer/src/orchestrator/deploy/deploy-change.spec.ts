// What a deploy makes of the workload in force, and which of it makes new instances.
import { describe, expect, it } from '@jest/globals';
import {
  changedWorkload,
  type DeployChange,
  differences,
  replacesInstances,
  requireDeployable,
} from './deploy-change.js';
import { specHash } from '../state/workload.js';

const CURRENT = {
  image: 'sha256:aa',
  imageRef: 'app:1',
  command: ['serve'],
  port: 80,
  env: { A: '1', B: '2' },
  healthPath: '/',
  stopGraceMs: 5000,
  container: { user: '1000' },
};

describe('a change', () => {
  it.each<[string, DeployChange, object, readonly string[]]>([
    ['of nothing changes nothing', {}, CURRENT, []],
    [
      'lays its variables over those in force',
      { env: { B: '3', C: '4' } },
      { env: { A: '1', B: '3', C: '4' } },
      ['env.B', 'env.C'],
    ],
    ['takes a variable away with null', { env: { A: null, X: null } }, { env: { B: '2' } }, ['env.A']],
    ['keeps an empty variable', { env: { A: '' } }, { env: { A: '', B: '2' } }, ['env.A']],
    ['replaces the command as a whole', { command: ['run', '-v'] }, { command: ['run', '-v'] }, ['command']],
    [
      'of the port and the path',
      { port: 81, healthPath: '/up' },
      { port: 81, healthPath: '/up' },
      ['healthPath', 'port'],
    ],
    ['of the grace', { stopGraceMs: 1 }, { stopGraceMs: 1 }, ['stopGraceMs']],
  ])('%s', (_, change, expected, names) => {
    const after = changedWorkload(CURRENT, change);
    expect(after).toEqual({ ...CURRENT, ...expected });
    expect(differences(CURRENT, after)).toEqual(names);
  });

  it('takes command and grace away with null', () => {
    const after = changedWorkload(CURRENT, { command: null, stopGraceMs: null });
    expect(after).not.toHaveProperty('command');
    expect(after).not.toHaveProperty('stopGraceMs');
    expect(differences(CURRENT, after)).toEqual(['command', 'stopGraceMs']);
  });

  it('tells another image from another name of the same one', () => {
    const other = changedWorkload(CURRENT, {}, { id: 'sha256:bb', ref: 'app:2' });
    const same = changedWorkload(CURRENT, {}, { id: 'sha256:aa', ref: 'app:2' });
    expect(differences(CURRENT, other)).toEqual(['image']);
    expect(differences(CURRENT, same)).toEqual(['imageRef']);
    expect(replacesInstances(['image'])).toBe(true);
    expect(replacesInstances(['imageRef', 'stopGraceMs'])).toBe(false);
  });

  it('of what instances are known by is told by its revision from what looks the same', () => {
    expect(specHash({ ...CURRENT, revision: 2 })).not.toBe(specHash(CURRENT));
    expect(specHash({ ...CURRENT, revision: undefined })).toBe(specHash(CURRENT));
  });
});

describe('a change that cannot be', () => {
  it.each<[DeployChange, 'docker' | 'process', string]>([
    [{ image: 'app:2' }, 'process', 'image needs the Docker runtime'],
    [{ pull: 'always' }, 'process', 'pull needs the Docker runtime'],
    [{ port: 80 }, 'process', 'port needs the Docker runtime'],
    [{ env: { HOST: 'x' } }, 'process', 'env has "HOST"'],
    [{ env: { PORT: null } }, 'docker', 'env has "PORT"'],
    [{ command: [] }, 'docker', 'command must name a program'],
  ])('%j on %s is refused: %s', (change, kind, reason) => {
    expect(() => requireDeployable(change, kind)).toThrow(reason);
  });

  it('in one runtime may be one in another', () => {
    expect(() => requireDeployable({ env: { HOST: 'db' }, image: 'app:2' }, 'docker')).not.toThrow();
  });
});
