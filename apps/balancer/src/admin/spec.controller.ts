// Owns GET /api/spec: what replicas should run, and which of them do. Read only; the view is the orchestrator's.
import { Controller, Get, Header, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ReplicaManager } from '../orchestrator/replica-manager.service.js';
import { ApiFailures } from './dto/api-failures.js';
import { SpecDto } from './dto/spec.dto.js';

@ApiTags('view')
@Controller('api')
export class SpecController {
  constructor(@Inject(ReplicaManager) private readonly manager: ReplicaManager) {}

  @Get('spec')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'What replicas should run, and do',
    description:
      'The stored specification, with the image as it was named and the id that it is pinned to. Values that look like secrets are shown as ***.',
  })
  @ApiOkResponse({ type: SpecDto })
  @ApiFailures()
  spec(): SpecDto {
    return this.manager.spec();
  }
}
