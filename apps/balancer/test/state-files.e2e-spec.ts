// What lies in STATE_DIR after a crash may be half of itself: the next start says so, sets it aside, and keeps what runs.
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Balancer, eventually, startBalancer } from './harness.js';
import { call, postJson, replicasOf, steadyLoad } from './http-client.js';

const env = { RUNTIME: 'process', N: '2', HASH_SEED: '00112233445566aa' };
let load: ReturnType<typeof steadyLoad>;
afterEach(async () => void (await load.stop()));

const NAMES = ['Server 1', 'Server 2', 'extra'];

/** A pool of three that was killed, with its data process and its replicas alive. */
async function killed(): Promise<{ first: Balancer; digest: string }> {
  const first = await startBalancer({ env });
  await postJson(`${first.adminUrl}/add?wait=ready`, { n: 1, hostnames: ['extra'] });
  const digest = await digestOf(first);
  load = steadyLoad(`${first.dataUrl}/home`);
  await first.kill9();
  return { first, digest };
}

async function digestOf({ adminUrl }: Balancer): Promise<string> {
  return ((await call(`${adminUrl}/api/ring`)).json as { digest: string }).digest;
}

const namesOf = async ({ adminUrl }: Balancer) => (await replicasOf(adminUrl)).map(({ name }) => name);
const allReady = ({ adminUrl }: Balancer) =>
  eventually('all ready', async () =>
    (await replicasOf(adminUrl)).every(({ state }) => state === 'ready') ? true : undefined,
  );
/** As a crash of the machine in the middle of a write may leave it, where the disk does not keep its promises. */
const halve = (file: string) => truncateSync(file, Math.floor(statSync(file).size / 2));

describe('after SIGKILL of control', () => {
  it.each([
    ['cut in half', (file: string) => halve(file)],
    ['empty', (file: string) => truncateSync(file, 0)],
    ['of another kind', (file: string) => writeFileSync(file, '{"schema":99}')],
  ])(
    'a state.json that is %s is set aside in clear words, and who runs stays a member',
    async (_what, damage) => {
      const { first, digest } = await killed();
      const file = join(first.home.stateDir, 'state.json');
      damage(file);
      const damaged = readFileSync(file, 'utf8');

      const second = await startBalancer({ env, home: first.home });
      expect(second.logs()).toMatch(
        /"file":"[^"]*state\.json\.broken-[^"]*".*a state file was damaged \(.+\) and is set aside/,
      );
      const [aside = 'none'] = readdirSync(first.home.stateDir).filter((name) => name.startsWith('state.json.broken-'));
      expect(readFileSync(join(first.home.stateDir, aside), 'utf8')).toBe(damaged);
      // In the order of their names: which came first is forgotten with the file.
      expect(await namesOf(second)).toEqual(['extra', 'Server 1', 'Server 2']);
      expect(await digestOf(second)).toBe(digest);
      await allReady(second);
      expect((await load.stop()).failures).toEqual([]);
      await second.stop('SIGINT');
    },
    120_000,
  );

  it('an identity.json that is cut in half is set aside, and HASH_SEED keeps every key where it is', async () => {
    const { first, digest } = await killed();
    halve(join(first.home.stateDir, 'identity.json'));
    const second = await startBalancer({ env, home: first.home });
    expect(second.logs()).toMatch(/identity\.json\.broken-.*set aside: the pool gets a new identity; unless HASH_SEED/);
    expect(await namesOf(second)).toEqual(NAMES);
    expect(await digestOf(second)).toBe(digest);
    await allReady(second);
    expect((await load.stop()).failures).toEqual([]);
    await second.stop('SIGINT');
  }, 120_000);

  it('the audit log has the change that it did not live to answer', async () => {
    const never = `'${process.execPath}' -e 'setInterval(() => {}, 1000)'`;
    const first = await startBalancer({ env: { ...env, N: '0', REPLICA_COMMAND: never } });
    load = steadyLoad(`${first.adminUrl}/healthz`);
    const body = { n: 1, hostnames: ['never-ready'] };
    const unanswered = postJson(`${first.adminUrl}/add?wait=ready`, body).catch(() => 'cut off');
    await eventually('the change', async () => ((await namesOf(first)).length === 1 ? true : undefined));
    await first.kill9();
    expect(await unanswered).toBe('cut off');

    const second = await startBalancer({ env: { ...env, WAIT_TIMEOUT: '1s' }, home: first.home });
    expect(await namesOf(second)).toEqual(['never-ready']);
    expect((await call(`${second.adminUrl}/api/audit`)).json).toMatchObject({
      entries: [{ path: '/add?wait=ready', body, status: null, result: 'unfinished' }],
    });
    await second.stop('SIGINT');
  }, 120_000);

  it('a write that was cut off before its rename counts for nothing', async () => {
    const { first, digest } = await killed();
    writeFileSync(join(first.home.stateDir, 'state.json.tmp'), '{"schema":1,"members":[{"na');
    const second = await startBalancer({ env, home: first.home });
    expect(second.logs()).not.toContain('damaged');
    expect(await namesOf(second)).toEqual(NAMES);
    expect(await digestOf(second)).toBe(digest);
    await allReady(second);
    expect((await load.stop()).failures).toEqual([]);
    await second.stop('SIGINT');
  }, 120_000);
});
