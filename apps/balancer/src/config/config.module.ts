// Owns how the frozen settings reach everybody: one provider. Reading and checking them is load.ts's.
import { type DynamicModule, Module } from '@nestjs/common';
import type { Settings as SettingsValues } from './definitions.js';

/** The settings and, under the same name, their injection token. */
export const Settings = Symbol('Settings');
export type Settings = SettingsValues;

@Module({})
export class ConfigModule {
  static forRoot(settings: Settings): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      providers: [{ provide: Settings, useValue: settings }],
      exports: [Settings],
    };
  }
}
