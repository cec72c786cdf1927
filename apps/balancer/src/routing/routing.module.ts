// Owns what the control wing gets from this room by injection: the link to the data plane and the ring. The data wing has no
// Nest and takes its parts by import.
import { createHashRing, HashRing } from '@hashflow/hashing';
import { type DynamicModule, type FactoryProvider, Module } from '@nestjs/common';
import { Settings } from '../config/config.module.js';
import { Logger } from '../telemetry/logger.js';
import { ControlLink } from './link/control-link.js';
import { DataLink } from './link/data-link.js';
import { DataProcess } from './link/data-process.js';
import { dataSettingsOf } from './link/data-settings.js';
import { ringOptions } from './ring-options.js';

export interface RoutingModuleOptions {
  /** The built data.main.js. */
  readonly dataEntry: string;
  /** Seed of the pool's identity. Without it no HashRing is provided: whoever loads the identity makes one. */
  readonly seed?: string;
}

@Module({})
export class RoutingModule {
  static forRoot({ dataEntry, seed }: RoutingModuleOptions): DynamicModule {
    return {
      module: RoutingModule,
      global: true,
      providers: [
        {
          provide: DataLink,
          inject: [Settings, Logger],
          useFactory: (settings: Settings, logger: Logger): DataLink => {
            const dataSettings = dataSettingsOf(settings);
            const supervisor = new DataProcess(
              { stateDir: settings.stateDir, settings: dataSettings, logLevel: settings.logLevel, entry: dataEntry },
              logger,
            );
            return new ControlLink(supervisor, logger, dataSettings.seedRoutes);
          },
        },
        ...(seed === undefined ? [] : [ringProvider(seed)]),
      ],
      exports: [DataLink, ...(seed === undefined ? [] : [HashRing])],
    };
  }
}

function ringProvider(seed: string): FactoryProvider<HashRing> {
  return {
    provide: HashRing,
    inject: [Settings],
    useFactory: ({ hashAlgorithm, hashKey }: Settings) => createHashRing(hashAlgorithm, ringOptions(seed, hashKey)),
  };
}
