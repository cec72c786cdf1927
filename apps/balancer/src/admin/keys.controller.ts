// Owns GET /api/keys/hot: which keys the traffic comes for. Read only; counting them is the data plane's.
import { Controller, Get, Header, Inject, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { ReplicaManager } from '../orchestrator/replica-manager.service.js';
import { MAX_HOT_KEYS } from '../routing/hot-keys.js';
import { ApiFailures } from './dto/api-failures.js';
import { HotKeysDto } from './dto/hot-keys.dto.js';
import { readLimit } from './limit.js';
import { searchOf } from './search-of.js';

const LIMIT = { most: MAX_HOT_KEYS, usual: 10 };

@ApiTags('ring')
@Controller('api')
export class KeysController {
  constructor(@Inject(ReplicaManager) private readonly manager: ReplicaManager) {}

  @Get('keys/hot')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'Which keys does the traffic come for?',
    description:
      'The most frequent keys of the last minutes, by hash, with their share of all requests and the replica that owns each. Keys that were drawn by chance are not listed; their requests count.',
  })
  @ApiQuery({
    name: 'limit',
    required: false,
    description: 'So many of the hottest.',
    schema: { type: 'integer', minimum: 1, maximum: LIMIT.most, default: LIMIT.usual },
  })
  @ApiOkResponse({ type: HotKeysDto })
  @ApiFailures({
    400: [
      `limit must be a whole number from 1 to ${LIMIT.most}, not "0"`,
      'unknown query parameter "x"; known is limit',
    ],
    503: ['The data process does not tell its keys; try again'],
  })
  hotKeys(@Req() request: Request): Promise<HotKeysDto> {
    return this.manager.rings.hotKeys(readLimit(searchOf(request), LIMIT));
  }
}
