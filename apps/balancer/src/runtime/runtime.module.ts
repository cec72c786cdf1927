// Owns which adapter stands behind the ReplicaRuntime token, and what of the settings each of them is told.
import { Module } from '@nestjs/common';
import { Settings } from '../config/config.module.js';
import { Logger } from '../telemetry/logger.js';
import { chooseRuntime, RuntimeChoice } from './detect.js';
import { DockerRuntime } from './docker/docker.runtime.js';
import { probeEngine } from './docker/engine-probe.js';
import { ProcessRuntime } from './process/process.runtime.js';
import { splitCommand } from './replica-command.js';
import { ReplicaRuntime } from './replica-runtime.js';
import { StaticRuntime } from './static/static.runtime.js';

/** @throws RuntimeError code `bad_spec` for a REPLICA_COMMAND that cannot be split */
export function createRuntime({ kind }: RuntimeChoice, settings: Settings, logger: Logger): ReplicaRuntime {
  const { pool, stateDir, healthPath, replicaEnv: env, replicaCommand } = settings;
  switch (kind) {
    case 'static':
      return new StaticRuntime({ replicas: settings.replicas, healthPath });
    case 'process':
      return new ProcessRuntime({ stateDir, command: replicaCommand, env, healthPath }, logger);
    case 'docker':
      return new DockerRuntime(
        {
          pool,
          image: settings.replicaImage,
          command: replicaCommand === undefined ? undefined : splitCommand(replicaCommand),
          port: settings.replicaPort,
          env,
          healthPath,
          baseImage: settings.baseImage,
        },
        logger,
      );
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
