import { describe, expect, it } from '@jest/globals';
import { Global, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { ConfigModule } from '../config/config.module.js';
import { loadSettings, SettingsError } from '../config/load.js';
import { Logger, silentLogger } from '../telemetry/logger.js';
import { RuntimeChoice } from './detect.js';
import { ReplicaRuntime } from './replica-runtime.js';
import { RuntimeModule } from './runtime.module.js';

@Global()
@Module({ providers: [{ provide: Logger, useValue: silentLogger }], exports: [Logger] })
class SilentModule {}

async function resolve(env: Record<string, string>) {
  const imports = [ConfigModule.forRoot(loadSettings(env)), SilentModule, RuntimeModule];
  const module = await Test.createTestingModule({ imports }).compile();
  return { runtime: module.get<ReplicaRuntime>(ReplicaRuntime), choice: module.get<RuntimeChoice>(RuntimeChoice) };
}

describe('the runtime module', () => {
  it.each([
    [{ RUNTIME: 'process' }, 'process', false],
    [{ RUNTIME: 'docker' }, 'docker', true],
    [{ RUNTIME: 'static', REPLICAS: 'S1=http://127.0.0.1:9' }, 'static', false],
  ])('gives the runtime that %j asks for, and the reason', async (env, kind, adopts) => {
    const { runtime, choice } = await resolve(env);
    expect(runtime).toMatchObject({ kind, adopts });
    expect(choice).toEqual({ kind, reason: `RUNTIME=${kind}` });
    await runtime.close();
  });

  it.each([
    [{ RUNTIME: 'process', REPLICA_SPEC: 'a#b' }, 'REPLICA_SPEC needs the Docker runtime'],
    [{ RUNTIME: 'process', REPLICA_IMAGE: 'nginx' }, 'REPLICA_IMAGE needs the Docker runtime (RUNTIME=process)'],
    [{ RUNTIME: 'docker', REPLICA_COMMAND: 'a | b' }, 'REPLICA_COMMAND has the shell operator |'],
    [{ RUNTIME: 'process', REPLICA_COMMAND: '"a' }, 'REPLICA_COMMAND ends inside a quotation'],
    [{ RUNTIME: 'static', REPLICAS: 'a' }, 'REPLICAS: "a" must be NAME=http://host:port'],
    [{ RUNTIME: 'static', REPLICAS: 'a=http://h:1,a=http://h:2' }, 'REPLICAS names "a" twice'],
    [{ RUNTIME: 'process', HARDENING: 'strict' }, 'HARDENING needs the Docker runtime'],
    [{ RUNTIME: 'docker', REPLICA_SPEC: '/nowhere/compose.yaml#web' }, 'the file does not exist'],
  ])('ends the start with %j as a bad setting', async (env, reason) => {
    const failure = await resolve(env).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SettingsError);
    expect(failure).toMatchObject({ message: expect.stringContaining(reason) });
  });
});
