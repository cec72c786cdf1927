// Owns the wiring of the control process: which rooms there are, from the lowest floor up. Starting them is main's.
import { fileURLToPath } from 'node:url';
import { type DynamicModule, Module } from '@nestjs/common';
import { AdminModule } from './admin/admin.module.js';
import { DashboardModule } from './dashboard/dashboard.module.js';
import { ConfigModule, type Settings } from './config/config.module.js';
import { RoutingModule } from './routing/routing.module.js';
import type { Logger } from './telemetry/logger.js';
import { TelemetryModule } from './telemetry/telemetry.module.js';

/** The data process's program, beside this one in the build. */
const DATA_ENTRY = fileURLToPath(new URL('./data.main.js', import.meta.url));

@Module({})
export class AppModule {
  static forRoot(settings: Settings, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(settings),
        TelemetryModule.forRoot(logger),
        RoutingModule.forRoot({ dataEntry: DATA_ENTRY }),
        AdminModule,
        DashboardModule,
      ],
    };
  }
}
