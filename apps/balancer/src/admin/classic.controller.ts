// Owns /rep, /add and /rm on the admin port: takes the request apart, documents it. Answering is ClassicService's, which
// serves the data port too.
import { Controller, Delete, Get, Inject, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { ClassicRequest } from '../routing/link/messages.js';
import { Logger } from '../telemetry/logger.js';
import { toFailure } from './answers.js';
import { type AdmittedRequest, ClassicService } from './classic.service.js';
import { ApiFailures } from './dto/api-failures.js';
import { AddReplicasDto } from './dto/add-replicas.dto.js';
import { RemoveReplicasDto } from './dto/remove-replicas.dto.js';
import { ReplicaListDto } from './dto/replica-list.dto.js';
import { readBody } from './request-body.js';
import { send } from './send.js';

const BAD_BODY = [
  'n is missing: it must be a whole number of at least 1',
  'n must be a whole number of at least 1, not "3"',
  'unknown property "count" with the value 3; only n and hostnames are read',
];
const COMMON_FAILURES = {
  413: ['the body must not be larger than 65536 bytes'],
  415: ['content-type must be application/json in UTF-8, not "text/plain"'],
};
const ADD_FAILURES = {
  ...COMMON_FAILURES,
  400: [
    '<Error> Length of hostname list is more than newly added instances',
    'hostnames has "S4", which is a replica already',
    ...BAD_BODY,
  ],
  503: ['the state cannot be written', 'S4 was not ready within 60000 ms'],
};
const RM_FAILURES = {
  ...COMMON_FAILURES,
  400: [
    '<Error> Length of hostname list is more than removable instances',
    'hostnames has "S9", which is no replica',
    ...BAD_BODY,
  ],
  503: ['the state cannot be written', 'S4 was not gone within 60000 ms'],
};

@ApiTags('pool')
@Controller()
export class ClassicController {
  constructor(
    @Inject(ClassicService) private readonly classic: ClassicService,
    @Inject(Logger) private readonly logger: Logger,
  ) {}

  @Get('rep')
  @ApiOperation({
    summary: 'Which replicas should there be?',
    description: 'The desired state: a replica that is just being respawned is in it.',
  })
  @ApiOkResponse({ type: ReplicaListDto })
  @ApiFailures({ 400: ['unknown query parameter "x"'] })
  rep(@Req() request: Request, @Res() response: Response): Promise<void> {
    return this.serve('/rep', request, response);
  }

  @Post('add')
  @ApiOperation({
    summary: 'Add replicas',
    description: 'All of them or none. Answers once the wish is stored; with wait=ready once the new replicas serve.',
  })
  @ApiQuery({
    name: 'wait',
    required: false,
    enum: ['ready'],
    description: 'Wait until the new replicas serve, at most WAIT_TIMEOUT.',
  })
  @ApiBody({
    type: AddReplicasDto,
    examples: {
      generated: { summary: 'One more, named by the pool', value: { n: 1 } },
      named: { summary: 'Two more, one of them named', value: { n: 2, hostnames: ['S4'] } },
    },
  })
  @ApiOkResponse({
    type: ReplicaListDto,
    description: 'Existing names first, then the given ones in order, then generated ones.',
  })
  @ApiFailures(ADD_FAILURES)
  add(@Req() request: Request, @Res() response: Response): Promise<void> {
    return this.serve('/add', request, response);
  }

  @Delete('rm')
  @ApiOperation({
    summary: 'Remove replicas',
    description:
      'All of them or none. Answers once they take no new request; they finish what they have and are stopped then. With wait=gone it answers after that.',
  })
  @ApiQuery({
    name: 'wait',
    required: false,
    enum: ['gone'],
    description: 'Wait until the replicas are gone, at most WAIT_TIMEOUT.',
  })
  @ApiBody({
    type: RemoveReplicasDto,
    examples: {
      chosen: { summary: 'One, chosen by the pool', value: { n: 1 } },
      named: { summary: 'One by its name', value: { n: 1, hostnames: ['S4'] } },
    },
  })
  @ApiOkResponse({ type: ReplicaListDto, description: 'The names that stay.' })
  @ApiFailures(RM_FAILURES)
  rm(@Req() request: Request, @Res() response: Response): Promise<void> {
    return this.serve('/rm', request, response);
  }

  private async serve(path: ClassicRequest['path'], request: Request, response: Response): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    try {
      const admitted: AdmittedRequest = {
        path,
        search: request.originalUrl.slice(request.originalUrl.indexOf('?') + 1 || Infinity),
        peer: request.socket.remoteAddress ?? '',
        contentType: request.headers['content-type'],
        body: path === '/rep' ? '' : await readBody(request),
      };
      send(response, await this.classic.answer(admitted, gone.signal));
    } catch (error) {
      send(response, toFailure(error, this.logger)); // the body did not come in whole
    }
  }
}
