// Owns the two questions of whoever runs the balancer: is it alive, may traffic come. Open to every peer that reaches the
// port (access.middleware.ts), and therefore without a word about the pool.
import { Controller, Get, Header, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ReplicaManager } from '../orchestrator/replica-manager.service.js';
import { FailureDto } from './dto/failure.dto.js';
import { HealthDto } from './dto/health.dto.js';
import { failure, RequestError } from './failure.js';

const NOT_READY = 'no replica is ready';
const ENDING = 'the balancer is shutting down';

@ApiTags('health')
@Controller()
export class HealthController {
  constructor(@Inject(ReplicaManager) private readonly manager: ReplicaManager) {}

  @Get('healthz')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Is the control process alive?', description: 'Needs no token and no allowed address.' })
  @ApiOkResponse({ type: HealthDto, description: 'It is.' })
  healthz(): HealthDto {
    return { status: 'ok' };
  }

  @Get('readyz')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Does at least one replica serve?', description: 'Needs no token and no allowed address.' })
  @ApiOkResponse({ type: HealthDto, description: 'At least one replica is ready.' })
  @ApiResponse({
    status: 503,
    type: FailureDto,
    example: failure(NOT_READY),
    description: 'None is, or the balancer is shutting down; Retry-After says when to ask again.',
  })
  readyz(): HealthDto {
    if (!this.manager.isReady()) {
      throw new RequestError(503, this.manager.isEnding ? ENDING : NOT_READY, { 'retry-after': '1' });
    }
    return { status: 'ok' };
  }
}
