// Owns how the one logger reaches everybody.
import { type DynamicModule, Module } from '@nestjs/common';
import { Logger } from './logger.js';

@Module({})
export class TelemetryModule {
  static forRoot(logger: Logger): DynamicModule {
    return {
      module: TelemetryModule,
      global: true,
      providers: [{ provide: Logger, useValue: logger }],
      exports: [Logger],
    };
  }
}
