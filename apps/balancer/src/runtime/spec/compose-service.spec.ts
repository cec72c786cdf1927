import { describe, expect, it } from '@jest/globals';
import { composeService, type ServiceSource, type ServiceSpec } from './compose-service.js';

const ENV: Readonly<Record<string, string>> = { TAG: '2', DB_PASSWORD: 'hunter2', PASSED: 'on' };
const FILES: Readonly<Record<string, string>> = {
  'app.env': 'A=file\nB=file\nSECRET="s3cr3t"',
  'bad.env': 'A=1\n=s3cr3t',
};

function read(yaml: string, more: Partial<ServiceSource> = {}) {
  return composeService({
    text: yaml,
    service: 'web',
    lookup: (name) => (Object.hasOwn(ENV, name) ? ENV[name] : undefined),
    project: 'shop',
    resolvePath: (path) => (path.startsWith('/') ? path : `/srv/${path.replace(/^\.\//, '')}`),
    readEnvFile: (path) => ({ text: FILES[path] ?? null }),
    ...more,
  });
}
/** A file with one service, of these lines. */
const file = (lines: string, rest = '') =>
  `services:\n  web:\n    image: app\n${lines.replace(/^(?=.)/gm, '    ')}\n${rest}`;

function spec(lines: string, rest = '', more: Partial<ServiceSource> = {}): ServiceSpec {
  const result = read(file(lines, rest), more);
  if ('problems' in result) throw new Error(result.problems.join('\n'));
  return result.spec;
}
function problems(lines: string, rest = '', more: Partial<ServiceSource> = {}): readonly string[] {
  const result = read(file(lines, rest), more);
  return 'problems' in result ? result.problems : [];
}

describe('a compose service as a replica', () => {
  it('needs no more than an image', () => {
    expect(spec('')).toEqual({
      image: 'app',
      pullPolicy: 'missing',
      env: {},
      container: {},
      optionalNetworks: ['shop_default'],
      notes: [],
    });
  });

  it.each([
    ['command: nginx -g "daemon off;"', { command: ['nginx', '-g', 'daemon off;'] }],
    ['command: [a, 1, "b c"]', { command: ['a', '1', 'b c'] }],
    ['pull_policy: if_not_present', { pullPolicy: 'missing' }],
    ['pull_policy: always', { pullPolicy: 'always' }],
    ['stop_grace_period: 1m30s', { stopGraceMs: 90_000 }],
    ['environment: {A: 1, B: "x $TAG", C: null, PASSED: null}', { env: { A: '1', B: 'x 2', PASSED: 'on' } }],
    ['environment: [A=1=2, PASSED, NONE, E=]', { env: { A: '1=2', PASSED: 'on', E: '' } }],
    ['env_file: app.env\nenvironment: {A: own}', { env: { A: 'own', B: 'file', SECRET: 's3cr3t' } }],
    ['env_file: [{path: none.env, required: false}, app.env]', { env: { A: 'file', B: 'file', SECRET: 's3cr3t' } }],
    ['expose: ["8080"]', { port: 8080 }],
    ['ports: ["127.0.0.1:80:3000"]', { port: 3000 }],
    ['ports: [{target: 3000, published: 80}]\nexpose: [3000]', { port: 3000 }],
    ['expose: [80, 443]\nx-hashflow: {port: 443}', { port: 443 }],
    ['x-hashflow: {health_path: /up}', { healthPath: '/up' }],
    ['healthcheck: {test: curl -fs http://localhost:80/health || exit 1}', { healthPath: '/health' }],
    ['healthcheck: {test: [CMD, wget, -q, "http://127.0.0.1"]}', { healthPath: '/' }],
    ['healthcheck: {test: [NONE]}', {}],
  ])('%s', (lines, expected) => {
    expect(spec(lines)).toMatchObject(expected);
  });

  it.each([
    ['entrypoint: ["/run.sh"]', { entrypoint: ['/run.sh'] }],
    ['entrypoint: ""', { entrypoint: [] }],
    ['user: 1000', { user: '1000' }],
    ['user: app:app\nworking_dir: /srv', { user: 'app:app', workingDir: '/srv' }],
    ['labels: {a: 1, b: null}', { labels: { a: '1', b: '' } }],
    ['labels: [a=1, b]', { labels: { a: '1', b: '' } }],
    ['tmpfs: /run', { tmpfs: { '/run': '' } }],
    ['tmpfs: ["/run:size=1m,mode=700", /tmp]', { tmpfs: { '/run': 'size=1m,mode=700', '/tmp': '' } }],
    ['volumes: [{type: tmpfs, target: /t, tmpfs: {size: 1m}}]', { tmpfs: { '/t': 'size=1048576' } }],
    ['mem_limit: 64m\ncpus: 0.5\npids_limit: 50', { memory: 67_108_864, cpus: 0.5, pids: 50 }],
    ['deploy: {resources: {limits: {memory: 1gb, cpus: "2", pids: 9}}}', { memory: 2 ** 30, cpus: 2, pids: 9 }],
    ['stop_signal: SIGUSR1', { stopSignal: 'SIGUSR1' }],
  ])('%s asks that of its containers', (lines, container) => {
    expect(spec(lines).container).toEqual(container);
  });

  it('volumes: per replica, shared, of the host; behind the project’s name as compose has them', () => {
    const lines = [
      'volumes:',
      '  - data-{slot}:/data',
      '  - shared:/shared:ro',
      '  - ./conf:/conf:ro',
      '  - /var/{slot}:/var/app',
      '  - {type: volume, source: named, target: /named, read_only: true}',
      '  - {type: volume, source: theirs, target: /theirs}',
      '  - {type: volume, source: each, target: /each}',
    ].join('\n');
    const rest =
      'volumes:\n  shared:\n  named: {name: "n-$TAG"}\n  theirs: {external: true}\n  each: {name: "e-{slot}"}\n';
    expect(spec(lines, rest).container.mounts).toEqual([
      { type: 'volume', source: 'shop_data-{slot}', target: '/data', readOnly: false },
      { type: 'volume', source: 'shop_shared', target: '/shared', readOnly: true },
      { type: 'bind', source: '/srv/conf', target: '/conf', readOnly: true },
      { type: 'bind', source: '/var/{slot}', target: '/var/app', readOnly: false },
      { type: 'volume', source: 'n-2', target: '/named', readOnly: true },
      { type: 'volume', source: 'theirs', target: '/theirs', readOnly: false },
      { type: 'volume', source: 'e-{slot}', target: '/each', readOnly: false },
    ]);
  });

  it('networks: by the names that compose gives them', () => {
    const rest =
      'networks:\n  back:\n  named: {name: n}\n  theirs: {external: true}\n  both: {external: true, name: b}\n';
    const found = spec('networks: [back, named, theirs, both]', rest);
    expect(found.container.networks).toEqual(['shop_back', 'n', 'theirs', 'b']);
    expect(found.optionalNetworks).toEqual([]);
    expect(spec('networks: {back: null}', rest).container.networks).toEqual(['shop_back']);
    expect(spec('networks: []').optionalNetworks).toEqual([]);
    expect(spec('', 'networks: {default: {name: d}}').optionalNetworks).toEqual(['d']);
  });

  it('the project’s name: COMPOSE_PROJECT_NAME, then the file’s, then the folder’s', () => {
    const network = (rest: string, more = {}) => spec('', rest, more).optionalNetworks;
    const lookup = (name: string) => (name === 'COMPOSE_PROJECT_NAME' ? 'env' : undefined);
    expect(network('name: own')).toEqual(['own_default']);
    expect(network('name: own', { lookup })).toEqual(['env_default']);
  });

  it('REPLICA_PORT and HEALTH_PATH win over the file', () => {
    const lines = 'expose: [80, 81]\nx-hashflow: {port: 80, health_path: /a}\nhealthcheck: {test: pg_isready}';
    expect(spec(lines, '', { port: 9, healthPath: '/b' })).toMatchObject({ port: 9, healthPath: '/b' });
  });

  it('says what the balancer does in another way, and which variables are empty', () => {
    const lines = 'restart: always\ndepends_on: [db]\nports: ["80:80"]\ndeploy: {replicas: 3}\nuser: "${NOBODY}"';
    const told = spec(`${lines}\nhealthcheck: {test: curl http://localhost/, interval: 5s}`).notes.join('\n');
    for (const key of ['restart', 'depends_on', 'ports', 'deploy.replicas', 'healthcheck.interval', 'NOBODY'])
      expect(told).toContain(key);
  });

  it('variables elsewhere in the file are nobody’s problem', () => {
    expect(
      spec('x-mine: "${GONE:?x}"', '  db:\n    image: ${GONE:?no}\nvolumes: {v: {name: "${GONE:?no}"}}\n').image,
    ).toBe('app');
  });
});

describe('what a replica cannot have', () => {
  it('is refused by name, all of it at once', () => {
    const lines = [
      'privileged: true',
      'secrets: [a]',
      'cap_add: [SYS_ADMIN]',
      'network_mode: host',
      'deploy: {placement: {}, resources: {reservations: {}}}',
      'networks: {back: {aliases: [x]}}',
      'healthcheck: {test: [NONE], command: x}',
      'x-hashflow: {weight: 2}',
      'restart: always',
    ].join('\n');
    expect(problems(lines, 'networks: {back: {}}\ninclude: [other.yaml]')[0]).toBe(
      'not supported: include, privileged, secrets, cap_add, network_mode, networks.back.aliases, deploy.placement, ' +
        'deploy.resources.reservations, x-hashflow.weight, healthcheck.command',
    );
  });

  it.each([
    ['build: .', 'docker compose build web'],
    ['command: a | b', 'command has the shell operator |'],
    ['command: "a \\"b"', 'command ends inside a quotation'],
    ['command: []', 'command is empty'],
    ['command: {a: b}', 'command must be a text or a list'],
    ['init: false', 'init cannot be off'],
    ['labels: {io.hashflow.pool: x}', "the balancer's own"],
    ['labels: [[a]]', 'labels must be'],
    ['stop_signal: SIGNONE', 'stop_signal is no signal'],
    ['stop_grace_period: 10', 'stop_grace_period must be'],
    ['stop_grace_period: 2h', 'at most 1h'],
    ['pull_policy: build', 'pull_policy must be'],
    ['pull_policy: toString', 'pull_policy must be'],
    ['working_dir: here', 'absolute path'],
    ['user: [a]', 'user must be a text'],
    ['mem_limit: lots', 'mem_limit must be'],
    ['mem_limit: 1m', 'mem_limit must be'],
    ['cpus: 0', 'cpus must be'],
    ['pids_limit: -1', 'pids_limit must be'],
    ['mem_limit: 1g\ndeploy: {resources: {limits: {memory: 2g}}}', 'mem_limit differs'],
    ['deploy: [a]', 'deploy must be a mapping'],
    ['expose: [80, 81]', 'choose one with REPLICA_PORT'],
    ['expose: [many]', 'expose must be'],
    ['ports: ["8000-8010:80-90"]', 'ports[0] must name one TCP port'],
    ['ports: 80', 'ports must be a list'],
    ['x-hashflow: {port: 0}', 'x-hashflow.port must be'],
    ['x-hashflow: {health_path: up}', 'x-hashflow.health_path must be'],
    ['healthcheck: {test: pg_isready}', 'HEALTH_PATH'],
    ['healthcheck: {test: curl http://elsewhere/}', 'HEALTH_PATH'],
    ['environment: {A: [1]}', 'environment must be'],
    ['environment: ["a b=1"]', 'environment has a name'],
    ['environment: text', 'environment must be'],
    ['env_file: none.env', 'none.env does not exist'],
    ['env_file: bad.env', 'bad.env: line 2'],
    ['env_file: [{}]', 'env_file[0] must be a path'],
    ['tmpfs: run', 'tmpfs must name absolute paths'],
    ['tmpfs: {a: b}', 'tmpfs must be'],
    ['volumes: {a: b}', 'volumes must be a list'],
    ['volumes: ["/data"]', 'volumes[0] must name what is mounted'],
    ['volumes: ["a:/b:ro:x"]', 'volumes[0] must be SOURCE:TARGET'],
    ['volumes: ["./a:/b:z"]', 'volumes[0] may end in :ro'],
    ['volumes: ["gone:/b"]', 'do not declare: gone'],
    ['volumes: ["./a:b"]', 'absolute path in the container'],
    ['volumes: ["./a:/b", "./c:/b"]', 'mount /b twice'],
    ['volumes: [{type: npipe, target: /a}]', 'volumes[0].type must be'],
    ['volumes: [{type: bind, source: ./a, target: /b, read_only: maybe}]', 'read_only must be'],
    ['volumes: [{type: volume, target: /b}]', 'volumes[0] must name'],
    ['volumes: [7]', 'volumes[0]'],
    ['networks: [gone]', '"gone"'],
    ['networks: text', 'networks must be'],
    ['image: ""', 'image is missing'],
    ['user: "${USER_ID:?say who}"', 'service.user needs USER_ID: say who'],
    ['user: "$"', 'service.user has a "$"'],
  ])('%s is refused in words', (lines, reason) => {
    const text = lines.startsWith('image') ? `services:\n  web:\n    ${lines}\n` : file(lines);
    const result = read(text);
    expect('problems' in result ? result.problems.join('\n') : 'nothing').toContain(reason);
  });

  it('a service that is not there is told with those that are', () => {
    expect(read(file(''), { service: 'api' })).toEqual({ problems: ['the file has no service "api": it has web'] });
    expect(read(file(''), { service: 'toString' })).toEqual({ problems: [expect.stringContaining('it has web')] });
    expect(read('services: []')).toEqual({ problems: [expect.stringContaining('it has none')] });
  });

  it('no message shows a value of the environment', () => {
    const lines =
      'privileged: true\nenv_file: [app.env, bad.env]\nenvironment: {P: "$DB_PASSWORD", "bad name": "$DB_PASSWORD"}';
    const told = problems(lines).join('\n');
    expect(told).toContain('environment');
    expect(told).not.toMatch(/hunter2|s3cr3t/);
  });
});
