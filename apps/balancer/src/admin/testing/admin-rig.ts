// Owns an admin port over a real ReplicaManager whose replicas are scripted: what this room's suites ask their questions of.
import { Global, Module, type Type } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { ConfigModule } from '../../config/config.module.js';
import { loadSettings } from '../../config/load.js';
import { OrchestratorModule } from '../../orchestrator/orchestrator.module.js';
import { ReplicaManager } from '../../orchestrator/replica-manager.service.js';
import { PoolRig } from '../../orchestrator/testing/pool-rig.js';
import { DataLink } from '../../routing/link/data-link.js';
import { Logger } from '../../telemetry/logger.js';
import { AdminModule } from '../admin.module.js';
import { ClassicService } from '../classic.service.js';
import { configureAdminApp } from '../configure-admin-app.js';

export interface LogLine {
  readonly level: string;
  readonly fields: object;
  readonly message: string;
}

export interface AdminRig {
  readonly pool: PoolRig;
  readonly classic: ClassicService;
  readonly url: string;
  readonly log: readonly LogLine[];
  close(): Promise<void>;
}

/** Three replicas, all ready, behind an admin port of this process. @param rooms that stand beside the admin room */
export async function adminRig(env: Record<string, string> = {}, rooms: readonly Type[] = []): Promise<AdminRig> {
  const pool = await PoolRig.up({ env: { N: '3', ...env } });
  const log: LogLine[] = [];
  const into = (level: string) => (fields: object, message: string) => void log.push({ level, fields, message });
  const logger: Logger = { debug: into('debug'), info: into('info'), warn: into('warn'), error: into('error') };

  @Global()
  @Module({
    providers: [
      { provide: DataLink, useValue: pool.link },
      { provide: Logger, useValue: logger },
    ],
    exports: [DataLink, Logger],
  })
  class FloorsBelow {}

  @Module({ providers: [{ provide: ReplicaManager, useValue: pool.manager }], exports: [ReplicaManager] })
  class ScriptedPool {}

  const settings = loadSettings(env);
  const testing = await Test.createTestingModule({
    imports: [ConfigModule.forRoot(settings), FloorsBelow, AdminModule, ...rooms],
  })
    .overrideModule(OrchestratorModule)
    .useModule(ScriptedPool)
    .compile();
  const app = testing.createNestApplication<NestExpressApplication>({ bodyParser: false, logger: false });
  configureAdminApp(app, settings);
  await app.listen(0, '127.0.0.1');
  return {
    pool,
    classic: app.get(ClassicService),
    url: await app.getUrl(),
    log,
    close: async () => {
      await app.close();
      await pool.dispose();
    },
  };
}
