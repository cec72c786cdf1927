// Owns what this room gives to the admin room and to main: the pool's manager and its ring. It takes settings, runtime, link
// and logger from the floors below.
import { HashRing } from '@hashflow/hashing';
import { Module } from '@nestjs/common';
import { PoolRing } from './pool-ring.js';
import { ReplicaManager } from './replica-manager.service.js';

@Module({
  providers: [PoolRing, { provide: HashRing, useExisting: PoolRing }, ReplicaManager],
  exports: [ReplicaManager, HashRing],
})
export class OrchestratorModule {}
