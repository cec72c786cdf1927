// Owns the wiring of the admin room. Settings, Logger, DataLink and ReplicaManager come from below; the gate and the docs
// are put in front by configure-admin-app.ts.
import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ClassicController } from './classic.controller.js';
import { ClassicService } from './classic.service.js';
import { FailureFilter } from './failure.filter.js';
import { HealthController } from './health.controller.js';
import { ReplicasController } from './replicas.controller.js';

@Module({
  controllers: [ClassicController, ReplicasController, HealthController],
  providers: [ClassicService, { provide: APP_FILTER, useClass: FailureFilter }],
})
export class AdminModule {
  /** @param imports modules that export ReplicaManager, DataLink and Logger, where they are not global */
  static forRoot(imports: ModuleMetadata['imports'] = []): DynamicModule {
    return { module: AdminModule, imports };
  }
}
