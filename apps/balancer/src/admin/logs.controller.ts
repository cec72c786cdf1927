// Owns GET /api/replicas/NAME/logs: the question read strictly, the answer as plain lines. Reading output is the
// orchestrator's, sending a stream log-stream.ts's.
import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiProduces, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { ReplicaManager } from '../orchestrator/replica-manager.service.js';
import { ApiFailures } from './dto/api-failures.js';
import { MAX_TAIL, readLogQuestion } from './log-question.js';
import { LogStreams } from './log-stream.js';
import { searchOf } from './search-of.js';

@ApiTags('view')
@Controller('api')
export class LogsController {
  constructor(
    @Inject(ReplicaManager) private readonly manager: ReplicaManager,
    @Inject(LogStreams) private readonly streams: LogStreams,
  ) {}

  @Get('replicas/:name/logs')
  @ApiOperation({
    summary: 'What a replica has written',
    description:
      'Lines of its standard output and error in the order of writing, oldest first. With follow=true the answer goes on until the instance ends or the client leaves; a client that reads nothing for 30 s is cut off.',
  })
  @ApiParam({ name: 'name', type: String, example: 'Server 1' })
  @ApiQuery({
    name: 'tail',
    required: false,
    description: 'How many of the last lines.',
    schema: { type: 'integer', minimum: 0, maximum: MAX_TAIL, default: 100 },
  })
  @ApiQuery({ name: 'follow', required: false, schema: { type: 'boolean', default: false } })
  @ApiProduces('text/plain', 'application/json')
  @ApiResponse({
    status: 200,
    description: 'One line each, in UTF-8.',
    content: { 'text/plain': { schema: { type: 'string' }, example: 'Server 1 listens on 0.0.0.0:5000\n' } },
  })
  @ApiFailures({
    400: [
      'tail must be a whole number from 0 to 1000, not "all"',
      'unknown query parameter "lines"; known are tail and follow',
    ],
    404: ['replica "Server 9" does not exist'],
    409: ['S1 has no log here: it runs elsewhere, and so does its output (RUNTIME=static)'],
    503: [
      'The output cannot be read now: no answer from the Docker engine',
      'too many logs are followed; at most 16 at a time',
    ],
  })
  async logs(@Param('name') name: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const { tail, follow } = readLogQuestion(searchOf(request));
    if (follow && request.method !== 'HEAD') {
      await this.streams.send(response, (signal) => this.manager.logs.follow(name, tail, signal));
      return;
    }
    const lines = await this.manager.logs.tail(name, tail);
    response.set('cache-control', 'no-store').type('text/plain');
    response.send(lines.map((line) => `${line}\n`).join(''));
  }
}
