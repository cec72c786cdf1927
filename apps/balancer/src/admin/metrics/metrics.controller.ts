// Owns GET /metrics. What is in the answer is metrics.ts's.
import { Controller, Get, Header, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { ApiFailures } from '../dto/api-failures.js';
import { Metrics } from './metrics.js';

@ApiTags('view')
@Controller()
export class MetricsController {
  constructor(@Inject(Metrics) private readonly metrics: Metrics) {}

  @Get('metrics')
  @Header('Content-Type', Metrics.CONTENT_TYPE)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'What is counted, for Prometheus',
    description:
      'Prometheus’s text format. The data process is asked for its counts at each scrape; while it does not answer, ' +
      'hashflow_data_up is 0 and its other series are missing. docs/observability.md explains each.',
  })
  @ApiProduces('text/plain')
  @ApiOkResponse({
    description: 'All series.',
    schema: { type: 'string', example: '# TYPE hashflow_requests_total counter\nhashflow_requests_total{…} 1027\n' },
  })
  @ApiFailures()
  scrape(): Promise<string> {
    return this.metrics.scrape();
  }
}
