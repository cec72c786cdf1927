// Owns which adapter stands behind the ReplicaRuntime token, and what of the settings each of them is told.
import { Module } from '@nestjs/common';
import { Settings } from '../config/config.module.js';
import { SettingsError } from '../config/load.js';
import { Logger } from '../telemetry/logger.js';
import { chooseRuntime, RuntimeChoice } from './detect.js';
import { DockerRuntime } from './docker/docker.runtime.js';
import { probeEngine } from './docker/engine-probe.js';
import { ProcessRuntime } from './process/process.runtime.js';
import { splitCommand } from './replica-command.js';
import { ReplicaRuntime } from './replica-runtime.js';
import { RuntimeError } from './runtime-error.js';
import { readService } from './spec/read-service.js';
import { parseStaticReplicas } from './static/static-replica.js';
import { StaticRuntime } from './static/static.runtime.js';

/** Where an image says nothing else, and where nobody does. */
const DEFAULT_PORT = 5000;
const DEFAULT_HEALTH_PATH = '/heartbeat';

/**
 * @throws SettingsError for a REPLICA_COMMAND, REPLICAS or REPLICA_SPEC that cannot be replicas, and for settings that need
 * Docker where it is not
 */
export function createRuntime({ kind, reason }: RuntimeChoice, settings: Settings, logger: Logger): ReplicaRuntime {
  const { pool, stateDir, replicaEnv: env, replicaCommand } = settings;
  const { healthPath = DEFAULT_HEALTH_PATH } = settings;
  if (kind !== 'docker') requireNoContainers(settings, reason);
  requireReadable(settings);
  switch (kind) {
    case 'static':
      return new StaticRuntime({ replicas: settings.replicas, healthPath, dnsInterval: settings.dnsInterval }, logger);
    case 'process':
      return new ProcessRuntime({ stateDir, command: replicaCommand, env, healthPath }, logger);
    case 'docker': {
      const { replicaImage, replicaPort, replicaSpec, hardening, baseImage } = settings;
      const service =
        replicaSpec === undefined
          ? undefined
          : readService({
              reference: replicaSpec,
              port: replicaPort,
              healthPath: settings.healthPath,
              environment: process.env,
            });
      return new DockerRuntime(
        {
          pool,
          image: service?.image ?? replicaImage,
          command: replicaCommand === undefined ? service?.command : splitCommand(replicaCommand),
          port: replicaPort ?? service?.port ?? DEFAULT_PORT,
          env,
          healthPath: service?.healthPath ?? healthPath,
          baseImage,
          hardening,
          service,
        },
        logger,
      );
    }
  }
}

/** Which settings say what only a container can be is known before, which runtime is chosen only now. @throws SettingsError */
function requireNoContainers({ replicaImage, replicaSpec, hardening }: Settings, reason: string): void {
  const asked = Object.entries({ REPLICA_IMAGE: replicaImage, REPLICA_SPEC: replicaSpec, HARDENING: hardening })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => `${name} needs the Docker runtime (${reason})`);
  if (asked.length > 0) throw new SettingsError(asked);
}

/** Settings whose form only this room knows. @throws SettingsError */
function requireReadable({ replicaCommand, replicas }: Settings): void {
  const problems = [
    replicaCommand !== undefined && problemOf(() => splitCommand(replicaCommand)),
    problemOf(() => parseStaticReplicas(replicas)),
  ].filter((problem) => typeof problem === 'string');
  if (problems.length > 0) throw new SettingsError(problems);
}

function problemOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof RuntimeError) return error.message;
    throw error;
  }
}

/** Settings and Logger come from global modules. Exported for the orchestrator, which alone makes and ends replicas. */
@Module({
  providers: [
    {
      provide: RuntimeChoice,
      inject: [Settings],
      useFactory: ({ runtime }: Settings) => chooseRuntime(runtime, probeEngine),
    },
    { provide: ReplicaRuntime, inject: [RuntimeChoice, Settings, Logger], useFactory: createRuntime },
  ],
  exports: [ReplicaRuntime, RuntimeChoice],
})
export class RuntimeModule {}
