// Owns the operators' view of the pool, read only: each replica as it is, and the whole in one line. Changing it is /add's
// and /rm's.
import { Controller, Get, Header, Inject, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { ReplicaManager } from '../orchestrator/replica-manager.service.js';
import { ApiFailures } from './dto/api-failures.js';
import { ReplicaDto, ReplicasDto } from './dto/replica.dto.js';
import { StatusDto } from './dto/status.dto.js';
import { quote, RequestError } from './failure.js';

@ApiTags('view')
@Controller('api')
export class ReplicasController {
  constructor(@Inject(ReplicaManager) private readonly manager: ReplicaManager) {}

  @Get('replicas')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Every replica as it is now', description: 'In the order of /rep.' })
  @ApiOkResponse({ type: ReplicasDto })
  @ApiFailures()
  all(): ReplicasDto {
    return { replicas: this.manager.replicas() };
  }

  @Get('replicas/:name')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'One replica as it is now' })
  @ApiParam({ name: 'name', type: String, example: 'Server 1' })
  @ApiOkResponse({ type: ReplicaDto })
  @ApiFailures({ 404: ['replica "Server 9" does not exist'] })
  one(@Param('name') name: string): ReplicaDto {
    const replica = this.manager.replicas().find((candidate) => candidate.name === name);
    if (!replica) throw new RequestError(404, `replica ${quote(name)} does not exist`);
    return replica;
  }

  @Get('status')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'The pool in one look',
    description: 'Runtime, ring, counts, the state of the engine, and where settings and stored state differ.',
  })
  @ApiOkResponse({ type: StatusDto })
  @ApiFailures()
  status(): StatusDto {
    return this.manager.summary();
  }
}
