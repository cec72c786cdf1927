// Owns GET /api/audit: who changed what, and what came of it. Read only; the entries are orchestrator/events/audit-trail.ts's.
import { Controller, Get, Header, Inject, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { MOST_ENTRIES } from '../orchestrator/events/audit-trail.js';
import { ReplicaManager } from '../orchestrator/replica-manager.service.js';
import { ApiFailures } from './dto/api-failures.js';
import { AuditDto } from './dto/audit.dto.js';
import { readLimit } from './limit.js';
import { searchOf } from './search-of.js';

const DEFAULT_LIMIT = 100;

@ApiTags('view')
@Controller('api')
export class AuditController {
  constructor(@Inject(ReplicaManager) private readonly manager: ReplicaManager) {}

  @Get('audit')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'Who changed what, and what came of it',
    description:
      'Every call that may change something, on both ports, refused ones too (of callers that nobody let in 10 a minute), and those ' +
      'whose answer the balancer did not live to give; kept across restarts. Values that look like secrets are shown as ***.',
  })
  @ApiQuery({
    name: 'limit',
    required: false,
    description: 'So many of the newest.',
    schema: { type: 'integer', minimum: 1, maximum: MOST_ENTRIES, default: DEFAULT_LIMIT },
  })
  @ApiOkResponse({ type: AuditDto })
  @ApiFailures({
    400: [
      `limit must be a whole number from 1 to ${MOST_ENTRIES}, not "0"`,
      'unknown query parameter "x"; known is limit',
    ],
  })
  audit(@Req() request: Request): AuditDto {
    return {
      entries: this.manager.audit.latest(readLimit(searchOf(request), { most: MOST_ENTRIES, usual: DEFAULT_LIMIT })),
    };
  }
}
