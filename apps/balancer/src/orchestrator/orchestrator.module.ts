// Owns what this room gives to the admin room and to main: the pool's manager and its ring. Settings, link and logger come
// from global modules, the runtime from the floor below.
import { HashRing } from '@hashflow/hashing';
import { Module } from '@nestjs/common';
import { RuntimeChoice } from '../runtime/detect.js';
import { RuntimeModule } from '../runtime/runtime.module.js';
import { ManagerOptions } from './manager-options.js';
import { PoolRing } from './ring/pool-ring.js';
import { ReplicaManager } from './replica-manager.service.js';

@Module({
  imports: [RuntimeModule],
  providers: [
    {
      provide: ManagerOptions,
      inject: [RuntimeChoice],
      useFactory: ({ reason }: RuntimeChoice) => Object.assign(new ManagerOptions(), { runtimeReason: reason }),
    },
    PoolRing,
    { provide: HashRing, useExisting: PoolRing },
    ReplicaManager,
  ],
  exports: [ReplicaManager, HashRing, RuntimeModule],
})
export class OrchestratorModule {}
