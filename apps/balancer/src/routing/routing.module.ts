// Owns what the control wing gets from this room by injection: the link to the data plane. The data wing has no Nest and
// takes its parts by import.
import { type DynamicModule, Module } from '@nestjs/common';
import { Settings } from '../config/config.module.js';
import { Logger } from '../telemetry/logger.js';
import { ControlLink } from './link/control-link.js';
import { DataLink } from './link/data-link.js';
import { DataProcess } from './link/data-process.js';
import { dataSettingsOf } from './link/data-settings.js';

export interface RoutingModuleOptions {
  /** The built data.main.js. */
  readonly dataEntry: string;
}

@Module({})
export class RoutingModule {
  static forRoot({ dataEntry }: RoutingModuleOptions): DynamicModule {
    const link = {
      provide: DataLink,
      inject: [Settings, Logger],
      useFactory: (settings: Settings, logger: Logger): DataLink => {
        const data = dataSettingsOf(settings);
        const { stateDir, logLevel } = settings;
        return new ControlLink(
          new DataProcess({ stateDir, settings: data, logLevel, entry: dataEntry }, logger),
          logger,
          data.seedRoutes,
        );
      },
    };
    return { module: RoutingModule, global: true, providers: [link], exports: [DataLink] };
  }
}
