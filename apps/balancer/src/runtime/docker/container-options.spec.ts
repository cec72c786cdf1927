import { describe, expect, it } from '@jest/globals';
import type { ContainerTraits } from '../replica-runtime.js';
import { containerOptions, type ContainerTerms } from './container-options.js';

const terms: ContainerTerms = {
  pool: 'p',
  image: 'sha256:1',
  strict: true,
  publish: false,
  spec: {
    slot: 'Server 1',
    generation: 3,
    specHash: 'abc',
    workload: { port: 5000, env: { A: '1', PORT: '99', SERVER_ID: 'liar' }, healthPath: '/' },
  },
};

describe('the options of a replica’s container', () => {
  it('label only what can never change, and name the rest (TRAPS 7)', () => {
    const options = containerOptions(terms);
    expect(options.Labels).toEqual({ 'io.hashflow.pool': 'p', 'io.hashflow.spec': 'abc', 'io.hashflow.port': '5000' });
    expect(options.name).toBe('p.Server_1.3');
  });

  it('tell name and port in the environment, whatever REPLICA_ENV says', () => {
    expect(containerOptions(terms).Env).toEqual(['A=1', 'PORT=5000', 'SERVER_ID=Server 1']);
  });

  it.each([true, false])('bind every image to the floor of hardening (strict: %s)', (strict) => {
    expect(containerOptions({ ...terms, strict }).HostConfig).toMatchObject({
      NetworkMode: 'p',
      Init: true,
      SecurityOpt: ['no-new-privileges'],
      PidsLimit: 256,
      LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '2' } },
      RestartPolicy: { Name: 'no' },
    });
  });

  it('drop every right of our own image, and leave foreign ones what they may need', () => {
    const strict = { CapDrop: ['ALL'], ReadonlyRootfs: true, Memory: 268435456, MemorySwap: 268435456, NanoCpus: 1e9 };
    expect(containerOptions(terms).HostConfig).toMatchObject(strict);
    const foreign = containerOptions({ ...terms, strict: false }).HostConfig!;
    for (const name of Object.keys(strict)) expect(foreign).not.toHaveProperty(name);
  });

  it('publish no port where addresses can be dialled (TRAPS 9)', () => {
    const options = containerOptions(terms);
    expect(options.ExposedPorts).toBeUndefined();
    expect(options.HostConfig).not.toHaveProperty('PortBindings');
  });

  it('publish an ephemeral loopback port where they cannot', () => {
    const options = containerOptions({ ...terms, publish: true });
    expect(options.ExposedPorts).toEqual({ '5000/tcp': {} });
    expect(options.HostConfig!.PortBindings).toEqual({ '5000/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] });
  });

  it('pass a command as an argv, and leave the image its own when there is none', () => {
    expect(containerOptions(terms)).not.toHaveProperty('Cmd');
    const spec = { ...terms.spec, workload: { ...terms.spec.workload, command: ['a', 'b c'] } };
    expect(containerOptions({ ...terms, spec }).Cmd).toEqual(['a', 'b c']);
  });

  const withTraits = (container: ContainerTraits, more: Partial<ContainerTerms> = {}) =>
    containerOptions({ ...terms, ...more, spec: { ...terms.spec, workload: { ...terms.spec.workload, container } } });

  it('carry what a compose service asks for', () => {
    const options = withTraits(
      {
        entrypoint: ['/run.sh'],
        user: 'app',
        workingDir: '/srv',
        stopSignal: 'SIGUSR1',
        labels: { team: 'a', 'io.hashflow.pool': 'liar' },
        tmpfs: { '/run': 'size=1m' },
        memory: 64 * 1024 ** 2,
        cpus: 0.5,
        pids: 9,
      },
      { strict: false },
    );
    expect(options).toMatchObject({ Entrypoint: ['/run.sh'], User: 'app', WorkingDir: '/srv', StopSignal: 'SIGUSR1' });
    expect(options.Labels).toMatchObject({ team: 'a', 'io.hashflow.pool': 'p', 'io.hashflow.stop-signal': '10' });
    expect(options.HostConfig).toMatchObject({
      Tmpfs: { '/run': 'size=1m' },
      Memory: 67108864,
      MemorySwap: 67108864,
      NanoCpus: 5e8,
      PidsLimit: 9,
    });
    expect(options.HostConfig).not.toHaveProperty('CapDrop');
  });

  it('take the image’s entry point away for an empty one', () => {
    expect(withTraits({ entrypoint: [] }).Entrypoint).toEqual(['']);
  });

  it('give each replica a volume of its own, by its name and not by its generation', () => {
    const mount = { type: 'volume', source: 'data-{slot}', target: '/data', readOnly: false } as const;
    expect(withTraits({ mounts: [mount] }).HostConfig!.Mounts).toEqual([
      { Type: 'volume', Source: 'data-Server_1', Target: '/data', ReadOnly: false },
    ]);
  });

  it('in strict hardening keep a writable /tmp, and what the service says of it and of its limits', () => {
    expect(withTraits({}).HostConfig!.Tmpfs).toHaveProperty('/tmp');
    const own = withTraits({ tmpfs: { '/tmp': 'size=1m' }, memory: 7, cpus: 2 }).HostConfig!;
    expect(own).toMatchObject({
      Tmpfs: { '/tmp': 'size=1m' },
      Memory: 7,
      MemorySwap: 7,
      NanoCpus: 2e9,
      CapDrop: ['ALL'],
    });
    const mounted = withTraits({ mounts: [{ type: 'bind', source: '/a', target: '/tmp', readOnly: false }] });
    expect(mounted.HostConfig).not.toHaveProperty('Tmpfs');
  });

  it('label the signal that stops it, the image’s where the service names none (TRAPS 8)', () => {
    expect(containerOptions({ ...terms, imageStopSignal: 'SIGWINCH' }).Labels).toHaveProperty(
      ['io.hashflow.stop-signal'],
      '28',
    );
    expect(containerOptions(terms).Labels).not.toHaveProperty(['io.hashflow.stop-signal']);
  });

  it('label the networks to join before each start', () => {
    expect(withTraits({ networks: ['shop_back'] }).Labels).toHaveProperty(['io.hashflow.networks'], '["shop_back"]');
  });
});
