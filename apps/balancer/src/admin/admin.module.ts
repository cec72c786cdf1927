// Owns the wiring of the admin room. Settings, Logger and DataLink come from global modules; the gate and the docs are put in
// front by configure-admin-app.ts.
import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { Settings } from '../config/config.module.js';
import { OrchestratorModule } from '../orchestrator/orchestrator.module.js';
import { Logger } from '../telemetry/logger.js';
import { Audit } from './audit.js';
import { AuditController } from './audit.controller.js';
import { ClassicController } from './classic.controller.js';
import { ClassicService } from './classic.service.js';
import { DeployController } from './deploy.controller.js';
import { DeployStreams } from './deploy-stream.js';
import { EventStreams } from './event-stream.js';
import { EventsController } from './events.controller.js';
import { FailureFilter } from './failure.filter.js';
import { GuessLimit } from './guess-limit.js';
import { HealthController } from './health.controller.js';
import { ReplicaLifeController } from './replica-life.controller.js';
import { KeysController } from './keys.controller.js';
import { LogStreams } from './log-stream.js';
import { LogsController } from './logs.controller.js';
import { Metrics } from './metrics/metrics.js';
import { MetricsController } from './metrics/metrics.controller.js';
import { ReplicasController } from './replicas.controller.js';
import { RingController } from './ring.controller.js';
import { SessionController } from './session.controller.js';
import { Sessions } from './sessions.js';
import { SpecController } from './spec.controller.js';
import { TrafficController } from './traffic.controller.js';
import { TrafficStreams } from './traffic-stream.js';

@Module({
  imports: [OrchestratorModule],
  controllers: [
    ClassicController,
    ReplicasController,
    ReplicaLifeController,
    DeployController,
    LogsController,
    EventsController,
    AuditController,
    SpecController,
    RingController,
    MetricsController,
    KeysController,
    TrafficController,
    SessionController,
    HealthController,
  ],
  providers: [
    Audit,
    ClassicService,
    Metrics,
    { provide: LogStreams, useFactory: () => new LogStreams() },
    { provide: DeployStreams, useFactory: () => new DeployStreams() },
    { provide: EventStreams, inject: [Logger], useFactory: (logger: Logger) => new EventStreams(logger) },
    { provide: TrafficStreams, useFactory: () => new TrafficStreams() },
    { provide: Sessions, inject: [Settings], useFactory: ({ pool }: Settings) => new Sessions(pool) },
    { provide: GuessLimit, useFactory: () => new GuessLimit() },
    { provide: APP_FILTER, useClass: FailureFilter },
  ],
})
export class AdminModule {}
