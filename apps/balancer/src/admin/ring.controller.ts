// Owns the operators' questions about the ring, read only: how it stands, how it came to that, where a request goes, and what
// a change would move. The answers are the orchestrator's.
import { Controller, Get, Header, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { ReplicaManager } from '../orchestrator/replica-manager.service.js';
import { ApiFailures } from './dto/api-failures.js';
import { PreviewRequestDto } from './dto/preview-request.dto.js';
import { PreviewDto, RingDto, RingHistoryDto, RouteDto } from './dto/ring.dto.js';
import { readJsonBody } from './json-body.js';
import { readBody } from './request-body.js';
import { readRouteQuestion } from './route-question.js';
import { searchOf } from './search-of.js';

/** The parts of a request that the key chain may look at; `example` would be sent along with each try in the browser. */
const REQUEST_PARTS = {
  path: 'As a request line has it, query included; "/" when left out.',
  host: 'Host of the request.',
  ip: 'Address of the client.',
  'header.x-hash-key': 'header.NAME, for any header field.',
  'cookie.sid': 'cookie.NAME, for any cookie.',
  'query.user': 'query.NAME, for any query parameter.',
};

const ApiRequestParts = (): MethodDecorator => (target, name, descriptor) => {
  for (const [part, description] of Object.entries(REQUEST_PARTS))
    ApiQuery({ name: part, required: false, type: String, description })(target, name, descriptor);
};

@ApiTags('ring')
@Controller('api')
export class RingController {
  constructor(@Inject(ReplicaManager) private readonly manager: ReplicaManager) {}

  @Get('ring')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'The ring as it is now',
    description:
      'Who owns which part of the key space, ready or not, and which link of HASH_KEY supplied how many keys (at most about 100 ms old).',
  })
  @ApiOkResponse({ type: RingDto })
  @ApiFailures()
  ring(): RingDto {
    return this.manager.rings.ring();
  }

  @Get('ring/history')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'What changed the ring, and what each change moved',
    description: 'Kept across restarts. A crash and a respawn change nothing, so they are not listed.',
  })
  @ApiOkResponse({ type: RingHistoryDto })
  @ApiFailures()
  history(): RingHistoryDto {
    return { changes: this.manager.rings.history() };
  }

  @Get('route')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'Where does a request go?',
    description:
      'Give either the key, or the parts of a request from which HASH_KEY takes it. Answers by the routing table, the load and the limits of replicas that the data plane goes by; nothing is sent to a replica. With nobody eligible the request would wait, or be refused. The balancer’s own limits, who waits already and the parts of single workers are left out.',
  })
  @ApiQuery({ name: 'key', required: false, type: String, example: 'user-42', description: 'Stands alone.' })
  @ApiRequestParts()
  @ApiOkResponse({ type: RouteDto })
  @ApiFailures({
    400: [
      'path goes with a request; key stands alone',
      'ip is missing: HASH_KEY asks for the address of the client',
      'unknown query parameter "header"; known are key, or path, host, ip, header.NAME, cookie.NAME and query.NAME',
    ],
    503: ['The routing table is not known yet; try again'],
  })
  route(@Req() request: Request): RouteDto {
    return this.manager.rings.route(readRouteQuestion(searchOf(request)));
  }

  @Post('preview')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'What would a change move?',
    description: 'Replicas that join, leave or change their weight, all at once. Changes nothing.',
  })
  @ApiBody({
    type: PreviewRequestDto,
    examples: {
      add: { summary: 'One more, with twice the weight', value: { add: [{ name: 'S4', weight: 2 }] } },
      remove: { summary: 'One less', value: { remove: ['Server 1'] } },
      weights: { summary: 'Another weight', value: { weights: { 'Server 2': 2 } } },
      all: {
        summary: 'All at once',
        value: { add: [{ name: 'S4' }], remove: ['Server 1'], weights: { 'Server 2': 2 } },
      },
    },
  })
  @ApiOkResponse({ type: PreviewDto })
  @ApiFailures({
    400: [
      'add[0].weight must be a number above 0 and at most 1000, not "2"',
      'remove has "S9", which is no replica',
      "The ring cannot take these replicas: classic knows no weights: 'S4' has 2",
    ],
    413: ['the body must not be larger than 65536 bytes'],
    415: ['content-type must be application/json in UTF-8, not "text/plain"'],
  })
  async preview(@Req() request: Request): Promise<PreviewDto> {
    const body = await readBody(request);
    const proposal = readJsonBody(PreviewRequestDto, 'add, remove and weights', request.headers['content-type'], body);
    const { add = [], remove = [], weights = {} } = proposal;
    return this.manager.rings.preview({ add, remove, weights });
  }
}
