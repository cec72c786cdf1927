// Owns the routes of deploys: begin one, see and follow it, cancel it, take it back. Takes the requests apart and documents
// them; the rules and the doing are the orchestrator's.
import { Controller, Delete, Get, Header, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiProduces,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { DeployView } from '../orchestrator/deploy/deploy-view.js';
import { ReplicaManager } from '../orchestrator/replica-manager.service.js';
import { DeployStreams } from './deploy-stream.js';
import { ApiFailures } from './dto/api-failures.js';
import { DeployDto, DeployRequestDto } from './dto/deploy.dto.js';
import { readJsonBody, readNoProperties } from './json-body.js';
import { readWait } from './replica-change.js';
import { readBody } from './request-body.js';
import { searchOf } from './search-of.js';

const KNOWN = 'image, pull, command, env, port, healthPath, stopGraceMs, maxSurge, minReadyMs and dryRun';
const NONE = 'Nothing was deployed since the pool was made';
const NOT_STORED = "The pool's state cannot be stored (ENOSPC); nothing has changed";
const UNDER_WAY = 'A deploy is under way, and there is one at a time; DELETE /api/deploy takes it back';
const ROLLED_BACK = 'The deploy was rolled back: Server 2: it exited with code 1';
const EVENT_STREAM = 'text/event-stream';

const ApiWait = () =>
  ApiQuery({
    name: 'wait',
    required: false,
    enum: ['done'],
    description: 'Answer when the deploy has ended, after WAIT_TIMEOUT at the latest: 200 only if it has succeeded.',
  });

@ApiTags('deploy')
@Controller('api/deploy')
export class DeployController {
  constructor(
    @Inject(ReplicaManager) private readonly manager: ReplicaManager,
    @Inject(DeployStreams) private readonly streams: DeployStreams,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Replace what the replicas run',
    description:
      'One replica after the other gets an instance of the new kind, in its own slot: once that is ready it serves, and its ' +
      'predecessor drains and is stopped. No request is lost, no key moves. The first one that dies, cannot be made or is not ' +
      'ready within RESTART_UNHEALTHY_AFTER takes the deploy back, in the same way. Answers once it is stored; from then on it ' +
      'goes on whoever leaves or restarts. `{}` resolves the image anew. With `Accept: text/event-stream` the answer is its course.',
  })
  @ApiHeader({ name: 'Accept', required: false, description: `\`${EVENT_STREAM}\`: follow it to its end.` })
  @ApiWait()
  @ApiBody({
    type: DeployRequestDto,
    required: false,
    examples: {
      image: { summary: 'Another image', value: { image: 'shop/web:5' } },
      env: { summary: 'One variable more, one less', value: { env: { LOG: 'debug', OLD_FLAG: null } } },
      again: { summary: 'What the tag names now', value: {} },
      dry: { summary: 'What would change', value: { image: 'shop/web:5', dryRun: true } },
    },
  })
  @ApiProduces('application/json', EVENT_STREAM)
  @ApiOkResponse({ type: DeployDto })
  @ApiFailures({
    400: [
      'image must be an image reference, not 5',
      `unknown property "x" with the value 1; only ${KNOWN} are read`,
      'Nothing is deployed: the image "shop/web:5" is not here and cannot be pulled: the registry has no such image or tag',
    ],
    409: [
      UNDER_WAY,
      ROLLED_BACK,
      'No deploy is possible: the static runtime neither starts nor stops replicas, so there is nothing to deploy',
    ],
    413: ['the body must not be larger than 65536 bytes'],
    415: ['content-type must be application/json in UTF-8, not "text/plain"'],
    503: [NOT_STORED, 'The deploy is not done after 60000 ms: it is rolling, 1 of 3 replicas are replaced'],
  })
  async begin(@Req() request: Request, @Res() response: Response): Promise<void> {
    const wait = readWait(searchOf(request), 'done');
    const body = await readBody(request);
    const { maxSurge, minReadyMs, dryRun, ...change } = readJsonBody(
      DeployRequestDto,
      KNOWN,
      request.headers['content-type'],
      body,
    );
    const pace = { ...(maxSurge !== undefined && { maxSurge }), ...(minReadyMs !== undefined && { minReadyMs }) };
    const begun = await this.manager.deploys.begin(change, { ...pace, dryRun });
    await this.answer(begun, wait, request, response);
  }

  @Get()
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'The deploy under way, or the last one', description: 'Secrets are shown as ***.' })
  @ApiOkResponse({ type: DeployDto })
  @ApiFailures({ 404: [NONE] })
  show(): DeployDto {
    return this.manager.deploys.view();
  }

  @Get('events')
  @ApiOperation({
    summary: 'The course of the deploy',
    description:
      'Server-sent events: `progress` with the whole view after each change, `end` with the last one. Of one that has ended ' +
      'already: that last one.',
  })
  @ApiResponse({
    status: 200,
    description: 'The data of each event is what GET /api/deploy answers.',
    content: {
      [EVENT_STREAM]: { schema: { type: 'string' }, example: 'event: progress\ndata: {"status":"rolling"}\n\n' },
    },
  })
  @ApiFailures({ 404: [NONE], 503: ['too many follow the deploy; at most 16 at a time'] })
  async events(@Req() request: Request, @Res() response: Response): Promise<void> {
    this.manager.deploys.view(); // that there is none is an answer of its own
    // Whoever asks for the head alone waits for nothing.
    if (request.method === 'HEAD') response.set('cache-control', 'no-store').type(EVENT_STREAM).end();
    else await this.follow(response);
  }

  @Delete()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Cancel the deploy under way',
    description: 'What is replaced is put back, one after the other. Answers once that is stored.',
  })
  @ApiOkResponse({ type: DeployDto })
  @ApiFailures({ 404: ['No deploy is under way'], 503: [NOT_STORED] })
  async cancel(@Req() request: Request, @Res() response: Response): Promise<void> {
    readWait(searchOf(request), undefined);
    readNoProperties(request.headers['content-type'], await readBody(request));
    await this.answer(await this.manager.deploys.cancel(), false, request, response);
  }

  @Post('rollback')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Back to what ran before',
    description:
      'Cancels the deploy under way; after one that has succeeded, deploys what ran before it, as carefully as any other.',
  })
  @ApiWait()
  @ApiProduces('application/json', EVENT_STREAM)
  @ApiOkResponse({ type: DeployDto })
  @ApiFailures({
    404: ['No deploy has succeeded that could be taken back'],
    409: [ROLLED_BACK],
    503: [NOT_STORED],
  })
  async rollback(@Req() request: Request, @Res() response: Response): Promise<void> {
    const wait = readWait(searchOf(request), 'done');
    readNoProperties(request.headers['content-type'], await readBody(request));
    await this.answer(await this.manager.deploys.takeBack(), wait, request, response);
  }

  private async answer(view: DeployView, wait: boolean, request: Request, response: Response): Promise<void> {
    const goesOn = view.startedAt !== null;
    if (goesOn && request.headers.accept?.includes(EVENT_STREAM)) return this.follow(response);
    const left = new AbortController();
    response.once('close', () => left.abort());
    const answer = goesOn && wait ? await this.manager.deploys.done({ signal: left.signal }) : view;
    response.set('cache-control', 'no-store').json(answer);
  }

  private follow(response: Response): Promise<void> {
    return this.streams.follow(response, (signal) => this.manager.deploys.follow(signal));
  }
}
