// The access log of a real balancer: where its lines go, that they outlive control and a rotation, and what a bad setting says.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, newHome, startBalancer, startFailing } from './harness.js';
import { call } from './http-client.js';

const PROCESS = { RUNTIME: 'process', N: '2' };

interface Line {
  readonly level: number;
  readonly req: { readonly url: string };
  readonly res: { readonly statusCode: number };
  readonly replica?: string;
}

const linesOf = (path: string): string[] =>
  existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];

const lineWith = (path: string, part: string): Promise<string> =>
  eventually(`a line with ${part} in ${path}`, () => linesOf(path).find((line) => line.includes(part)));

describe('ACCESS_LOG', () => {
  it('is off unless asked for', async () => {
    const balancer = await startBalancer({ env: PROCESS });
    await call(`${balancer.dataUrl}/home`);
    expect(await balancer.stop()).toEqual({ code: 0, signal: null });
    expect(balancer.logs()).not.toContain('/home');
  }, 120_000);

  it('writes to the stdout of the balancer by default, and the last lines before it ends', async () => {
    const balancer = await startBalancer({ env: { ...PROCESS, ACCESS_LOG: 'all', WORKERS: '2' } });
    await call(`${balancer.dataUrl}/home?token=HUSH`, { headers: { authorization: 'Bearer HUSH' } });
    await balancer.stop();
    const text = balancer.logs();
    const line = text.split('\n').find((candidate) => candidate.includes('"url":"/home?token=***"'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({ level: 30, res: { statusCode: 200 }, attempts: 1 });
    expect(text).not.toContain('HUSH');
  }, 120_000);

  it('appends to ACCESS_LOG_FILE, goes on while control is away, and moves to a new file when told', async () => {
    const home = newHome();
    // Started as root, the data process opens it anew as DATA_USER.
    const folder = mkdtempSync(join(tmpdir(), 'hashflow-access-'));
    chmodSync(folder, 0o777);
    const path = join(folder, 'access.log');
    const env = { ...PROCESS, ACCESS_LOG: 'all', ACCESS_LOG_FORMAT: 'combined', ACCESS_LOG_FILE: path };
    const first = await startBalancer({ home, env });
    await call(`${first.dataUrl}/one`);
    expect(await lineWith(path, '/one')).toMatch(/^127\.0\.0\.1 - - \[.*\] "GET \/one HTTP\/1\.1" 400 \d+ "-" "-"$/);
    await first.kill9();
    await call(`${first.dataUrl}/two`);
    await lineWith(path, '/two');

    renameSync(path, `${path}.1`);
    process.kill(first.dataPid, 'SIGHUP');
    await eventually('a line in the new file', async () => {
      await call(`${first.dataUrl}/three`);
      return linesOf(path).find((line) => line.includes('/three'));
    });
    expect(linesOf(path).join()).not.toContain('/two');

    const second = await startBalancer({ home, env });
    expect(second.dataPid).toBe(first.dataPid);
    await second.stop();
    rmSync(folder, { recursive: true });
  }, 120_000);

  it('a full disk costs lines and no request, and how many is in the metrics', async () => {
    const balancer = await startBalancer({ env: { ...PROCESS, ACCESS_LOG: 'all', ACCESS_LOG_FILE: '/dev/full' } });
    for (let request = 0; request < 5; request++) expect((await call(`${balancer.dataUrl}/home`)).status).toBe(200);
    await eventually('five lost lines', async () => {
      const { text } = await call(`${balancer.adminUrl}/metrics`);
      return text.includes('\nhashflow_access_log_lost_lines_total 5\n') ? true : undefined;
    });
    await eventually('the reason in the log', () =>
      /lines of the access log were lost since the start: .*no space/.test(balancer.logs()) ? true : undefined,
    );
    await balancer.stop();
  }, 120_000);

  it('sample: a part of the requests, by chance', async () => {
    const home = newHome();
    const path = join(home.stateDir, 'access.log');
    const balancer = await startBalancer({
      home,
      env: { ...PROCESS, ACCESS_LOG: 'sample', ACCESS_LOG_SAMPLE: '20%', ACCESS_LOG_FILE: path },
    });
    for (let request = 0; request < 300; request++) await call(`${balancer.dataUrl}/home`);
    await balancer.stop();
    const lines = linesOf(path).map((line) => JSON.parse(line) as Line);
    // 60 are expected, with a standard deviation of 7: outside these bounds about once in 10^8 runs.
    expect(lines.length).toBeGreaterThan(20);
    expect(lines.length).toBeLessThan(105);
  }, 120_000);

  it('does not start with a file that cannot be opened, and says which', async () => {
    const home = newHome();
    const path = join(home.stateDir, 'folder');
    mkdirSync(path);
    const { code, output } = await startFailing({
      home,
      env: { ...PROCESS, ACCESS_LOG: 'all', ACCESS_LOG_FILE: path },
    });
    expect(code).not.toBe(0);
    expect(output).toContain(`ACCESS_LOG_FILE="${path}" cannot be opened`);
  }, 120_000);

  it.each([
    ['ACCESS_LOG', 'on', 'one of off, sample, all'],
    ['ACCESS_LOG_FORMAT', 'xml', 'one of json, combined'],
    ['ACCESS_LOG_SAMPLE', '0.1', 'a percentage above 0%'],
    ['ACCESS_LOG_FILE', ' ', 'stdout or the path of a file'],
    ['ACCESS_LOG_MASK', 'a_b', 'a word of letters and digits'],
  ])(
    '%s="%s" ends the start with what is allowed',
    async (name, value, allowed) => {
      const { code, output } = await startFailing({ env: { ...PROCESS, [name]: value } });
      expect(code).not.toBe(0);
      expect(output).toContain(name);
      expect(output).toContain(allowed);
    },
    120_000,
  );
});
