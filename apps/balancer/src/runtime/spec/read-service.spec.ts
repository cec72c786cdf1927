// REPLICA_SPEC over real files: where they are looked for, how large they may be, what a variable is taken from.
import { afterAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { SettingsError } from '../../config/load.js';
import { projectOf, readService } from './read-service.js';

const folder = mkdtempSync(join(tmpdir(), 'hashflow-spec-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
function read(text: string | Buffer, environment: Record<string, string> = {}) {
  const file = join(folder, `compose-${count++}.yaml`);
  writeFileSync(file, text);
  return readService({ reference: `${file}#web`, environment });
}
const service = (lines: string) => `services: {web: {image: app, ${lines}}}`;

describe('REPLICA_SPEC', () => {
  it('takes paths from the file’s own folder, and the home folder for "~"', () => {
    const { container } = read(service('volumes: ["./a:/a", "../b:/b", "~/c:/c", "/d/../e:/e"]'));
    expect(container.mounts?.map(({ source }) => source)).toEqual([
      join(folder, 'a'),
      join(folder, '../b'),
      join(homedir(), 'c'),
      '/e',
    ]);
  });

  it('takes variables from the environment, then from a .env beside the file', () => {
    const [own, dotenv] = [join(folder, 'own'), join(folder, 'own/.env')];
    mkdirSync(own);
    writeFileSync(dotenv, 'A=file\nB=file\n');
    writeFileSync(join(own, 'compose.yaml'), service('environment: {A: "$A", B: "$B"}'));
    const { env } = readService({ reference: `${own}/compose.yaml#web`, environment: { A: 'environment' } });
    expect(env).toEqual({ A: 'environment', B: 'file' });
  });

  it('allows a "#" in the path of the file', () => {
    mkdirSync(join(folder, 'a#b'));
    writeFileSync(join(folder, 'a#b/compose.yaml'), service(''));
    expect(readService({ reference: `${folder}/a#b/compose.yaml#web`, environment: {} }).image).toBe('app');
  });

  it.each([
    ['larger than 1 MiB', () => Buffer.alloc(1024 * 1024 + 1, '#'), 'larger than 1048576 bytes'],
    ['no UTF-8', () => Buffer.from([0x61, 0xff, 0xfe]), 'no UTF-8'],
    ['no YAML', () => 'a: [', 'no plain YAML'],
    ['without the service', () => 'services: {api: {image: a}}', 'no service "web": it has api'],
  ])('is refused when the file is %s', (_, text, reason) => {
    expect(() => read(text())).toThrow(SettingsError);
    expect(() => read(text())).toThrow(reason);
  });

  it('is refused when it is no file at all, and never waits for a pipe', () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const path of [pipe, folder])
      expect(() => readService({ reference: `${path}#web`, environment: {} })).toThrow('it is no file');
    expect(() => readService({ reference: `${folder}/gone#web`, environment: {} })).toThrow('does not exist');
    expect(() => read(service('env_file: ../'))).toThrow('it is no file');
  });

  it('tells all that is wrong in one error', () => {
    const broken = () => read(service('privileged: true, env_file: gone.env, user: [a]'));
    for (const reason of ['REPLICA_SPEC=', 'privileged', 'gone.env does not exist', 'user must be a text'])
      expect(broken).toThrow(reason);
  });
});

describe('the project’s name', () => {
  it.each([
    ['/srv/shop', 'shop'],
    ['/srv/My Shop.v2', 'myshopv2'],
    ['/srv/_-x', 'x'],
  ])('of %s is %s, as compose has it', (path, name) => {
    expect(projectOf(path)).toBe(name);
  });
});
