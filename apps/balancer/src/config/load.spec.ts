import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { definitions } from './definitions.js';
import { loadSettings, readEnvironment, seedRoutesEnabled, SettingsError } from './load.js';

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    loadSettings(env);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe('settings', () => {
  it('are complete, typed and frozen when nothing is set', () => {
    const settings = loadSettings({});
    expect(settings).toMatchObject({
      host: '127.0.0.1',
      port: 5000,
      adminPort: 5001,
      pool: 'hashflow',
      n: 3,
      maxReplicas: 64,
      waitTimeout: 60_000,
      healthInterval: 2000,
      maxHead: 16_384,
      loadFactor: 1.5,
      adminAllow: ['127.0.0.0/8', '::1/128'],
      adminToken: undefined,
      preserveHost: true,
    });
    expect(Object.isFrozen(settings)).toBe(true);
  });

  it('have a name, a group and a text each, and no name twice', () => {
    const all = Object.values(definitions);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    for (const { name, text } of all) {
      expect(name).toMatch(/^[A-Z][A-Z0-9_]*$/);
      expect(text.length).toBeGreaterThan(10);
    }
  });

  it.each([
    ['HEALTH_INTERVAL', '250ms', 'healthInterval', 250],
    ['HEALTH_INTERVAL', '1.5s', 'healthInterval', 1500],
    ['TUNNEL_TIMEOUT', '2h', 'tunnelTimeout', 7_200_000],
    ['MAX_HEAD', '8KiB', 'maxHead', 8192],
    ['MAX_BODY', '1048576', 'maxBody', 1_048_576],
    ['LOAD_FACTOR', '0', 'loadFactor', 0],
    ['LOAD_FACTOR', '1.25', 'loadFactor', 1.25],
    ['SEED_ROUTES', 'false', 'seedRoutes', false],
    ['REPLICA_ENV', 'A=1, B=two=2', 'replicaEnv', ['A=1', 'B=two=2']],
    ['HASH_SEED', '0123456789ABCDEF', 'hashSeed', '0123456789abcdef'],
    ['REPLICA_IMAGE', '', 'replicaImage', undefined],
    ['HEALTH_PROTOCOL', 'tcp', 'healthProtocol', 'tcp'],
    ['HEALTH_BODY', 'all well', 'healthBody', 'all well'],
    ['HEALTH_BODY', '', 'healthBody', undefined],
    ['MAX_EJECTED', '25%', 'maxEjected', 0.25],
    ['MAX_EJECTED', '0%', 'maxEjected', 0],
    ['PANIC_THRESHOLD', '0%', 'panicThreshold', 0],
    ['EJECT_ERRORS', '100%', 'ejectErrors', 1],
    ['EJECT_TIME', '500ms', 'ejectTime', 500],
    ['PORT', '0', 'port', 0],
    ['TOTAL_TIMEOUT', '0s', 'totalTimeout', 0],
    ['TOTAL_TIMEOUT', '1m', 'totalTimeout', 60_000],
    ['RETRY_BUFFER', '0', 'retryBuffer', 0],
    ['RETRY_BUFFER', '1MiB', 'retryBuffer', 1024 ** 2],
    ['FORWARDED_FIELDS', ' via, for', 'forwardedFields', ['for', 'via']],
    ['FORWARDED_FIELDS', '', 'forwardedFields', []],
    ['ACCESS_LOG', 'sample', 'accessLog', 'sample'],
    ['ACCESS_LOG_SAMPLE', '0.5%', 'accessLogSample', 0.005],
    ['ACCESS_LOG_MASK', 'token, pin', 'accessLogMask', ['token', 'pin']],
    ['ACCESS_LOG_MASK', '', 'accessLogMask', []],
  ] as const)('read %s=%s as the unit the code works in', (name, value, key, expected) => {
    expect(loadSettings({ [name]: value })[key]).toEqual(expected);
  });

  it('read HEALTH_STATUS as ranges, both ends included', () => {
    expect(loadSettings({ HEALTH_STATUS: '200-299, 401' }).healthStatus).toEqual([
      { from: 200, to: 299 },
      { from: 401, to: 401 },
    ]);
  });

  it.each([
    [{ HEALTH_INTERVAL: '5' }, 'a duration such as 250ms, 4s or 2m, from 10ms to 596h'],
    [{ MAX_BODY: '5kb' }, 'a size such as 512B, 64KiB or 1MiB, from 0 to 1024GiB'],
  ])('says what %j may be in the units in which it is written', (env, allowed) => {
    expect(() => loadSettings(env)).toThrow(allowed);
  });

  it.each([
    ['PORT', '70000'],
    ['PORT', 'http'],
    ['PORT', ''],
    ['HOST', 'example.org'],
    ['N', '-1'],
    ['N', '1.5'],
    ['N', '65'],
    ['POOL', 'My Pool'],
    ['POOL', '-x'],
    ['RUNTIME', 'podman'],
    ['HEALTH_INTERVAL', '5'],
    ['HEALTH_INTERVAL', '5 s'],
    ['HEALTH_INTERVAL', '-1s'],
    ['IDLE_TIMEOUT', '999h'],
    ['HEALTH_PATH', 'heartbeat'],
    ['HEALTH_PROTOCOL', 'udp'],
    ['FORWARDED_FIELDS', 'for,port'],
    ['FORWARDED_FIELDS', 'For'],
    ['FORWARDED_FIELDS', 'for,,via'],
    ['HEALTH_STATUS', ''],
    ['HEALTH_STATUS', 'ok'],
    ['HEALTH_STATUS', '399-200'],
    ['HEALTH_STATUS', '101'],
    ['HEALTH_STATUS', '200-600'],
    ['HEALTH_STATUS', '200,,204'],
    ['HEALTH_BODY', 'x'.repeat(257)],
    ['MAX_EJECTED', '50'],
    ['MAX_EJECTED', '101%'],
    ['MAX_EJECTED', '-1%'],
    ['PANIC_THRESHOLD', 'half'],
    ['EJECT_FAILURES', '1'],
    ['EJECT_ERRORS', '0%'],
    ['EJECT_MIN_REQUESTS', '1'],
    ['EJECT_WINDOW', '10'],
    ['EJECT_TIME', '50ms'],
    ['EJECT_TIME_MAX', '4s'],
    ['MAX_HEAD', '16KB'],
    ['TOTAL_TIMEOUT', '5'],
    ['TOTAL_TIMEOUT', 'none'],
    ['RETRY_BUFFER', '64KB'],
    ['RETRY_BUFFER', '1GiB'],
    ['RETRY_ATTEMPTS', '0'],
    ['LOAD_FACTOR', '1'],
    ['LOAD_FACTOR', 'NaN'],
    ['SEED_ROUTES', 'yes'],
    ['HASH_SEED', '123'],
    ['ADMIN_TOKEN', 'short'],
    ['ADMIN_HOSTS', 'lb.example:5001'],
    ['ADMIN_HOSTS', 'https://lb.example'],
    ['HASH_SLOTS', '65535'],
    ['FRT_CAP', '-0.1'],
    ['M', '0'],
    ['HASH_ALGORITHM', 'modulo'],
    ['ADMIN_ALLOW', 'localhost'],
    ['ADMIN_ALLOW', '10.0.0.0/33'],
    ['TRUSTED_PROXIES', '10.0.0.0/8/1'],
    ['REPLICA_ENV', '1A=x'],
    ['LOG_LEVEL', 'loud'],
    ['TRACE', 'yes'],
    ['SHOW_KEYS', '1'],
    ['ACCESS_LOG', 'on'],
    ['ACCESS_LOG', ''],
    ['ACCESS_LOG_SAMPLE', '0%'],
    ['ACCESS_LOG_SAMPLE', '0.1'],
    ['ACCESS_LOG_FORMAT', 'xml'],
    ['ACCESS_LOG_FILE', ' '],
    ['ACCESS_LOG_MASK', 'api_key'],
  ])('refuse %s=%s and name it', (name, value) => {
    const problems = problemsOf({ [name]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(name);
  });

  it('list every problem at once, with the value and what is allowed', () => {
    expect(problemsOf({ PORT: 'x', N: 'many', RUNTIME: 'k8s' })).toEqual([
      'PORT="x" must be a whole number from 0 to 65535',
      'N="many" must be a whole number from 0 to 1024',
      'RUNTIME="k8s" must be one of auto, docker, process, static',
    ]);
  });

  it('never repeat a secret in a message', () => {
    const problems = problemsOf({ ADMIN_TOKEN: 'hunter2', HASH_SEED: 'topsecret', REPLICA_ENV: 'pass word=hunter2' });
    expect(problems).toHaveLength(2);
    expect(problems.join()).not.toMatch(/hunter2|topsecret/);
    expect(problemsOf({ REPLICA_ENV: 'pass word=hunter2' }).join()).not.toContain('hunter2');
  });

  it.each([
    [{ ADMIN_HOST: '0.0.0.0' }, 'ADMIN_HOST'],
    [{ ADMIN_HOST: '192.0.2.7' }, 'ADMIN_HOST'],
    [{ ADMIN_ALLOW: '10.0.0.0/8' }, 'ADMIN_ALLOW'],
    [{ ADMIN_ALLOW: '0.0.0.0/0' }, 'ADMIN_ALLOW'],
    [{ ADMIN_ALLOW: '127.0.0.0/7' }, 'ADMIN_ALLOW'],
    [{ ADMIN_ALLOW: '::/0' }, 'ADMIN_ALLOW'],
  ])('refuse to open the admin routes without a token: %j', (env, name) => {
    expect(problemsOf(env).join()).toContain(name);
    expect(problemsOf({ ...env, ADMIN_TOKEN: 'a-token-of-enough-letters' })).toEqual([]);
  });

  it('let a single gateway address in without a token', () => {
    expect(problemsOf({ ADMIN_HOST: '0.0.0.0', ADMIN_ALLOW: '127.0.0.0/8,172.28.0.1' })).toEqual([]);
    expect(problemsOf({ ADMIN_HOST: '0.0.0.0', ADMIN_ALLOW: '172.28.0.1/32' })).toEqual([]);
  });

  it('tie REPLICAS to the static runtime', () => {
    expect(problemsOf({ RUNTIME: 'static' }).join()).toContain('REPLICAS');
    expect(problemsOf({ REPLICAS: 'a=http://127.0.0.1:1' }).join()).toContain('RUNTIME=static');
    expect(problemsOf({ RUNTIME: 'static', REPLICAS: 'a=http://127.0.0.1:1' })).toEqual([]);
  });

  it('that divide fewer connections than there are workers are refused', () => {
    expect(problemsOf({ WORKERS: '4', REPLICA_MAX_CONNECTIONS: '3' })).toEqual([
      'REPLICA_MAX_CONNECTIONS="3" must be 0 or at least WORKERS (4): each has its part',
    ]);
    expect(problemsOf({ WORKERS: '4', REPLICA_MAX_CONNECTIONS: '4' })).toEqual([]);
  });

  it('refuse standbys with the static runtime, and more than a machine bears', () => {
    const REPLICAS = 'a=http://127.0.0.1:1';
    expect(problemsOf({ RUNTIME: 'static', REPLICAS, STANDBY: '2' })).toEqual([
      'STANDBY="2" must be 0 with RUNTIME=static: such replicas are named, not made',
    ]);
    expect(problemsOf({ RUNTIME: 'static', REPLICAS, STANDBY: '0' })).toEqual([]);
    expect(problemsOf({ STANDBY: '-1', SPAWN_CONCURRENCY: '0', SPAWN_RATE: '0' })).toEqual([
      'STANDBY="-1" must be a whole number from 0 to 64',
      'SPAWN_CONCURRENCY="0" must be a whole number from 1 to 64',
      'SPAWN_RATE="0" must be a whole number from 1 to 10000',
    ]);
  });

  it('take HEALTH_BODY only from a probe that reads an answer', () => {
    expect(problemsOf({ HEALTH_PROTOCOL: 'tcp', HEALTH_BODY: 'ok' }).join()).toContain('HEALTH_BODY');
  });

  it('answer the classic routes on the data port only while it is bound to loopback, unless told', () => {
    expect(seedRoutesEnabled(loadSettings({}))).toBe(true);
    expect(seedRoutesEnabled(loadSettings({ HOST: '0.0.0.0' }))).toBe(false);
    expect(seedRoutesEnabled(loadSettings({ HOST: '0.0.0.0', SEED_ROUTES: 'true' }))).toBe(true);
    expect(seedRoutesEnabled(loadSettings({ SEED_ROUTES: 'false' }))).toBe(false);
  });
});

describe('.env', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hashflow-env-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is read, and the real environment wins over it', () => {
    const file = join(folder, '.env');
    writeFileSync(file, 'PORT=6000\nN=5 # five\n');
    expect(loadSettings(readEnvironment({ N: '2' }, file))).toMatchObject({ port: 6000, n: 2 });
  });

  it('may be absent, and ends the start with a clear line when it cannot be read', () => {
    expect(readEnvironment({ N: '2' }, join(folder, 'none'))).toEqual({ N: '2' });
    expect(() => readEnvironment({}, folder)).toThrow(SettingsError);
  });
});
