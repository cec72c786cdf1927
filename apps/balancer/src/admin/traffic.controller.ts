// Owns GET /api/traffic: what the data plane has counted, once or as a stream. The counts are the orchestrator's to show, the
// stream traffic-stream.ts's.
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiExtraModels, ApiHeader, ApiOperation, ApiResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { ReplicaManager } from '../orchestrator/replica-manager.service.js';
import { ApiFailures } from './dto/api-failures.js';
import { TrafficDto } from './dto/traffic.dto.js';
import { MAX_TRAFFIC_STREAMS, TrafficStreams } from './traffic-stream.js';

const EVENT_STREAM = 'text/event-stream';

@ApiTags('view')
@ApiExtraModels(TrafficDto)
@Controller('api')
export class TrafficController {
  constructor(
    @Inject(ReplicaManager) private readonly manager: ReplicaManager,
    @Inject(TrafficStreams) private readonly streams: TrafficStreams,
  ) {}

  @Get('traffic')
  @ApiOperation({
    summary: 'What each instance was given, and what came of it',
    description:
      'Counts that only rise, at most about half a second old; they begin anew with the data process and with each instance. With ' +
      `\`Accept: ${EVENT_STREAM}\` as \`traffic\` events: one at once, then at most one a second, none while nothing is counted, ` +
      'and a comment every 15 s of silence.',
  })
  @ApiHeader({ name: 'Accept', required: false, description: `\`${EVENT_STREAM}\`: follow it.` })
  @ApiResponse({
    status: 200,
    description: 'Once, or a stream.',
    content: {
      'application/json': { schema: { $ref: getSchemaPath(TrafficDto) } },
      [EVENT_STREAM]: {
        schema: { type: 'string' },
        example: 'event: traffic\ndata: {"clockMs":81250,"instances":[],"latency":null}\n\n',
      },
    },
  })
  @ApiFailures({ 503: [`too many follow the traffic; at most ${MAX_TRAFFIC_STREAMS} at a time`] })
  async traffic(@Req() request: Request, @Res() response: Response): Promise<void> {
    const view: TrafficDto = await this.manager.traffic.view();
    if (request.headers.accept?.includes(EVENT_STREAM) && request.method !== 'HEAD')
      return this.streams.follow(response, this.manager.traffic);
    response.set('cache-control', 'no-store').json(view);
  }
}
