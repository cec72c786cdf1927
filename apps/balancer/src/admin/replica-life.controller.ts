// Owns what operators do to one replica over HTTP (drain, undrain, restart, weight), and how its instances died. Takes the
// requests apart and documents them; the rules and the doing are the orchestrator's.
import { Controller, Get, Header, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { Settings } from '../config/config.module.js';
import { ReplicaManager } from '../orchestrator/replica-manager.service.js';
import { ApiFailures } from './dto/api-failures.js';
import { DeathsDto, DrainRequestDto, WeightChangeDto, WeightRequestDto } from './dto/replica-life.dto.js';
import { ReplicaDto } from './dto/replica.dto.js';
import { quote, RequestError } from './failure.js';
import { readJsonBody, readNoProperties } from './json-body.js';
import { readWait } from './replica-change.js';
import { readBody } from './request-body.js';
import { searchOf } from './search-of.js';

const UNKNOWN = 'replica "Server 9" does not exist';
const BODY_FAILURES = {
  404: [UNKNOWN],
  413: ['the body must not be larger than 65536 bytes'],
  415: ['content-type must be application/json in UTF-8, not "text/plain"'],
};
const NOT_STORED = "The pool's state cannot be stored (ENOSPC); nothing has changed";

const ApiName = () => ApiParam({ name: 'name', type: String, example: 'Server 1' });

@ApiTags('life')
@Controller('api/replicas/:name')
export class ReplicaLifeController {
  constructor(
    @Inject(ReplicaManager) private readonly manager: ReplicaManager,
    @Inject(Settings) private readonly settings: Settings,
  ) {}

  @Post('drain')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'Take a replica out of service',
    description:
      'Answers once it takes no new request: its keys go to their next candidates, the ring stays as it is. It is `draining` ' +
      'while it finishes its last requests, then `drained`; none of them is cut off, and WebSockets stay open. Its instance ' +
      'runs on, and is replaced should it die. Stored: it stays drained until undrain, whatever is restarted.',
  })
  @ApiName()
  @ApiBody({
    type: DrainRequestDto,
    required: false,
    examples: {
      usual: { summary: 'Unless nobody else serves', value: {} },
      force: { summary: 'In any case', value: { force: true } },
    },
  })
  @ApiOkResponse({ type: ReplicaDto })
  @ApiFailures({
    ...BODY_FAILURES,
    400: ['force must be true or false, not "yes"', 'unknown property "x" with the value 1; only force is read'],
    409: [
      '"Server 1" is the only replica that serves: without it no request is answered by a replica; send {"force": true} to drain it all the same',
    ],
    503: [NOT_STORED],
  })
  async drain(@Param('name') name: string, @Req() request: Request): Promise<ReplicaDto> {
    readWait(searchOf(request), undefined);
    const body = await readBody(request);
    const { force } = readJsonBody(DrainRequestDto, 'force', request.headers['content-type'], body);
    await this.manager.life.drain(name, { force });
    return this.done(name);
  }

  @Post('undrain')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'Put a replica back into service',
    description:
      'It serves again once it has passed a probe, which is sent at once. One that was not drained stays as it is.',
  })
  @ApiName()
  @ApiOkResponse({ type: ReplicaDto })
  @ApiFailures({
    ...BODY_FAILURES,
    400: ['unknown property "x" with the value 1; none is read'],
    503: [NOT_STORED],
  })
  async undrain(@Param('name') name: string, @Req() request: Request): Promise<ReplicaDto> {
    readWait(searchOf(request), undefined);
    readNoProperties(request.headers['content-type'], await readBody(request));
    await this.manager.life.undrain(name);
    return this.done(name);
  }

  @Post('restart')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'Replace the instance of a replica',
    description:
      'A successor is made in the same slot; once it is ready it serves, and its predecessor drains and is stopped: no ' +
      'request is lost, no key moves. Replicas are replaced one at a time. A successor that is already coming up is left to ' +
      'it. Ends backoff and quarantine. Answers once the wish is stored; with wait=ready once the successor serves.',
  })
  @ApiName()
  @ApiQuery({
    name: 'wait',
    required: false,
    enum: ['ready'],
    description: 'Wait until the successor serves, at most WAIT_TIMEOUT.',
  })
  @ApiOkResponse({ type: ReplicaDto })
  @ApiFailures({
    ...BODY_FAILURES,
    400: ['unknown query parameter "x"', 'unknown property "x" with the value 1; none is read'],
    409: [
      '"Server 1" cannot be restarted: the static runtime neither starts nor stops replicas, so it cannot restart one',
      'Server 1 is drained: it is ready after an undrain',
    ],
    503: [NOT_STORED, 'Server 1 is not ready after 60000 ms: its successor is not ready yet'],
  })
  async restart(
    @Param('name') name: string,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ReplicaDto> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const wait = readWait(searchOf(request), 'ready');
    readNoProperties(request.headers['content-type'], await readBody(request));
    await this.manager.life.restart(name, { awaited: wait });
    if (wait) await this.manager.whenReady([name], { signal: gone.signal, timeoutMs: this.settings.waitTimeout });
    return this.done(name);
  }

  @Post('weight')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'Give a replica another weight',
    description:
      'Its part of the key space follows its part of all weights. Stored before the answer, which tells what moves; an entry ' +
      'with the cause `weight` goes into /api/ring/history. /api/preview tells it beforehand.',
  })
  @ApiName()
  @ApiBody({ type: WeightRequestDto, examples: { double: { summary: 'Twice the usual', value: { weight: 2 } } } })
  @ApiOkResponse({ type: WeightChangeDto })
  @ApiFailures({
    ...BODY_FAILURES,
    400: [
      'weight must be a number above 0 and at most 1000, not "2"',
      "The ring cannot take these replicas: classic knows no weights: 'Server 1' has 2",
    ],
    503: [NOT_STORED],
  })
  async weight(@Param('name') name: string, @Req() request: Request): Promise<WeightChangeDto> {
    readWait(searchOf(request), undefined);
    const body = await readBody(request);
    const { weight } = readJsonBody(WeightRequestDto, 'weight', request.headers['content-type'], body);
    const moved = await this.manager.life.setWeight(name, weight);
    return { name, weight, ...moved };
  }

  @Get('deaths')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'How the instances of a replica died',
    description:
      'Those that ended without being asked to, could not be brought up, or were given up as unhealthy; not those that were ' +
      'stopped in good order. Since this balancer started; forgotten with the replica.',
  })
  @ApiName()
  @ApiOkResponse({ type: DeathsDto })
  @ApiFailures({ 404: [UNKNOWN] })
  deaths(@Param('name') name: string): DeathsDto {
    return { deaths: this.manager.life.deaths(name) };
  }

  /** The replica as it is once that is done. */
  private done(name: string): ReplicaDto {
    const replica = this.manager.replicas().find((candidate) => candidate.name === name);
    if (!replica) throw new RequestError(404, `replica ${quote(name)} does not exist`); // removed since
    return replica;
  }
}
