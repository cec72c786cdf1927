import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testRecipe } from '../../routing/testing/snapshots.js';
import { writeDurably } from './durable-file.js';
import { type Identity, nextGeneration, type PoolState, withGeneration } from './pool-state.js';
import { StateStore } from './state-store.js';

const identity: Identity = {
  schema: 1,
  pool: 'shop',
  poolId: '0123456789abcdef',
  seed: 'fedcba9876543210',
  ring: testRecipe(),
  createdAt: '2030-01-01T00:00:00.000Z',
};
const state: PoolState = {
  schema: 1,
  runtime: 'docker',
  members: [{ name: 'Server 1', weight: 1, firstGeneration: 1 }],
  workload: { image: 'sha256:aa', imageRef: 'app:1', port: 5000, env: { A: '1' }, healthPath: '/heartbeat' },
  hashKey: 'random',
  createdWith: { n: 1, replicas: [] },
  generations: { 'Server 1': 4 },
  ringHistory: [],
  ended: false,
  savedAt: '',
};

describe('the state files (TRAPS 17)', () => {
  let dir: string;
  let store: StateStore;
  beforeEach(async () => {
    dir = join(await mkdtemp(join(tmpdir(), 'hashflow-state-')), 'deep', 'state');
    store = new StateStore(dir);
    await store.prepareFolder();
  });
  afterEach(() => rm(join(dir, '..', '..'), { recursive: true, force: true }));

  const withProc = process.platform === 'linux' ? it : it.skip;
  withProc(
    'are refused in words where the system makes no folder, and its code says that there is no such place',
    async () => {
      await expect(new StateStore('/proc/hashflow/state').prepareFolder()).rejects.toMatchObject({
        code: 'state_dir',
        message: expect.stringMatching(/^STATE_DIR \/proc\/hashflow\/state cannot be used: ENOENT/),
      });
    },
  );

  it('come back as they were written', async () => {
    await store.writeIdentity(identity);
    await store.begin(state);
    const next = new StateStore(dir);
    expect((await next.readIdentity()).value).toEqual(identity);
    expect((await next.readState()).value).toEqual({ ...state, savedAt: expect.any(String) });
  });

  it('lie in a folder that only their owner may enter, and are readable by nobody else', async () => {
    await store.begin(state);
    await store.writeIdentity(identity);
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
    for (const file of await readdir(dir)) expect((await stat(join(dir, file))).mode & 0o777).toBe(0o600);
  });

  it('are nowhere before there was anything to store', async () => {
    expect(await store.readState()).toEqual({ value: undefined, setAside: null });
    expect(await readdir(dir)).toEqual([]);
  });

  it('are replaced whole: no temporary file is left', async () => {
    await store.begin(state);
    await store.update((current) => ({ ...current, members: [] }));
    expect(await readdir(dir)).toEqual(['state.json']);
  });

  it.each([
    ['nothing', '', 'it is empty'],
    ['half of it', JSON.stringify(state).slice(0, 60), 'it is no complete JSON'],
    ['another schema', JSON.stringify({ ...state, schema: 2 }), 'schema'],
    [
      'a member twice',
      JSON.stringify({ ...state, members: [...state.members, ...state.members] }),
      'a member is listed twice',
    ],
    ['no members', JSON.stringify({ ...state, members: undefined }), 'members'],
    [
      'a weight of nothing',
      JSON.stringify({ ...state, members: [{ name: 'a', weight: 0, firstGeneration: 1 }] }),
      'members.0.weight',
    ],
  ])('are set aside with a reason when they hold %s', async (_, text, reason) => {
    await writeFile(join(dir, 'state.json'), text);
    const found = await store.readState();
    expect(found.value).toBeUndefined();
    expect(found.setAside?.reason).toContain(reason);
    expect(await readFile(found.setAside?.path ?? '', 'utf8')).toBe(text);
    expect(await readdir(dir)).toEqual([expect.stringMatching(/^state\.json\.broken-/)]);
  });

  it('that cannot be written leave disk and memory as they were, and answer 503', async () => {
    let full = false;
    const limited = new StateStore(dir, async (path, text) => {
      if (full) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      await writeDurably(path, text);
    });
    await limited.begin(state);
    const before = await readFile(join(dir, 'state.json'), 'utf8');
    full = true;
    const refused = limited.update((current) => ({ ...current, members: [] }));
    await expect(refused).rejects.toMatchObject({ name: 'PoolError', code: 'storage', status: 503, retryable: true });
    await expect(refused).rejects.toThrow('ENOSPC');
    expect(limited.current.members).toHaveLength(1);
    expect(await readFile(join(dir, 'state.json'), 'utf8')).toBe(before);
    full = false;
    await limited.update((current) => ({ ...current, members: [] }));
    expect(limited.current.members).toEqual([]);
  });

  const itOnLinux = process.platform === 'linux' ? it : it.skip;
  itOnLinux('on a disk that is really full stay as they were', async () => {
    // /dev/full refuses every write with ENOSPC, as a full disk does; the temporary file is a way to it.
    await store.begin(state);
    await symlink('/dev/full', join(dir, 'state.json.tmp'));
    await expect(store.update((current) => ({ ...current, members: [] }))).rejects.toThrow('ENOSPC');
    expect(store.current.members).toHaveLength(1);
    expect((await new StateStore(dir).readState()).value?.members).toHaveLength(1);
  });

  it('take changes that were asked for at once one after the other', async () => {
    await store.begin(state);
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        store.update((current) => ({
          ...current,
          members: [...current.members, { name: `S${i}`, weight: 1, firstGeneration: 1 }],
        })),
      ),
    );
    expect((await new StateStore(dir).readState()).value?.members).toHaveLength(21);
  });

  it('forget the state and keep the identity when a pool ends', async () => {
    await store.writeIdentity(identity);
    await store.begin(state);
    await store.forget();
    expect(await readdir(dir)).toEqual(['identity.json']);
  });
});

describe('generations', () => {
  it('are above all that were ever given, and above all that are seen', () => {
    expect(nextGeneration(state, 'Server 1', 0)).toBe(5);
    expect(nextGeneration(state, 'Server 1', 9)).toBe(10);
    expect(nextGeneration(state, 'new', 0)).toBe(1);
    expect(nextGeneration(state, 'constructor', 0)).toBe(1);
  });

  it('of names that left are forgotten only when there are very many', () => {
    const generations = Object.fromEntries(Array.from({ length: 4095 }, (_, i) => [`gone-${i}`, 1]));
    const full = { ...state, generations: { 'Server 1': 4, ...generations } };
    const many = withGeneration(withGeneration(full, 'gone-1', 2), 'gone-4199', 1);
    expect(Object.keys(many.generations)).toHaveLength(4096);
    expect(many.generations).toMatchObject({ 'Server 1': 4, 'gone-1': 2, 'gone-4199': 1 });
    expect(many.generations).not.toHaveProperty('gone-0');
  });
});
