// Owns the wiring of the dashboard: one page and its files. All that it shows and does goes through the admin room's API.
import { Module } from '@nestjs/common';
import { DashboardController } from './dashboard.controller.js';
import { PageFiles } from './page-files.js';

@Module({
  controllers: [DashboardController],
  providers: [{ provide: PageFiles, useFactory: () => PageFiles.read() }],
})
export class DashboardModule {}
