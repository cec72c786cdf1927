import { describe, expect, it } from '@jest/globals';
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
  it('TRAP 7: label only what can never change, and name the rest', () => {
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

  it('TRAP 9: publish no port where addresses can be dialled', () => {
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
});
