// Owns GET /api/events: the question read strictly, the answer as a stream or a list. The events are the orchestrator's, the
// stream event-stream.ts's.
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiHeader,
  ApiOperation,
  ApiQuery,
  ApiResponse,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { MOST_EVENTS } from '../orchestrator/events/event-log.js';
import { POOL_EVENT_TYPES } from '../orchestrator/events/pool-event.js';
import { ReplicaManager } from '../orchestrator/replica-manager.service.js';
import { ApiFailures } from './dto/api-failures.js';
import { EventListDto } from './dto/events.dto.js';
import { readEventQuestion } from './event-question.js';
import { EventStreams, MAX_EVENT_STREAMS } from './event-stream.js';
import { searchOf } from './search-of.js';

const EXAMPLE =
  'retry: 1000\nid: 4f1c9a02-16\nevent: hello\ndata: {"boot":"4f1c9a02","position":"4f1c9a02-16","oldest":"4f1c9a02-1"}\n\n' +
  'id: 4f1c9a02-17\nevent: ready\ndata: {"id":"4f1c9a02-17","at":"2030-01-01T00:00:00.000Z","type":"ready","replica":"Server 1","instance":"3f2c9a51d0be","was":"starting","afterMs":212}\n\n';

@ApiTags('view')
@ApiExtraModels(EventListDto)
@Controller('api')
export class EventsController {
  constructor(
    @Inject(ReplicaManager) private readonly manager: ReplicaManager,
    @Inject(EventStreams) private readonly streams: EventStreams,
  ) {}

  @Get('events')
  @ApiOperation({
    summary: 'What happens to the pool',
    description:
      'Server-sent events, from now on or after the event that Last-Event-ID or since names. First `hello` with the position; ' +
      `\`gap\` when what was asked for is not here any more (the last ${MOST_EVENTS} events are kept, a restart of the balancer ` +
      'forgets them): read /api/replicas anew and go on. A comment every 15 s of silence; a client that takes nothing for 30 s ' +
      'is cut off. As a list with format=json or Accept: application/json.',
  })
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'Goes before since.' })
  @ApiQuery({ name: 'since', required: false, type: String, description: 'Id of an event; those after it are sent.' })
  @ApiQuery({
    name: 'types',
    required: false,
    description: 'Only these, by comma; hello and gap always come.',
    schema: { type: 'array', items: { type: 'string', enum: [...POOL_EVENT_TYPES] } },
    style: 'form',
    explode: false,
  })
  @ApiQuery({ name: 'format', required: false, enum: ['stream', 'json'] })
  @ApiQuery({
    name: 'limit',
    required: false,
    description: 'Of a list: so many of the newest.',
    schema: { type: 'integer', minimum: 1, maximum: MOST_EVENTS, default: 100 },
  })
  @ApiResponse({
    status: 200,
    description: 'A stream, or a list.',
    content: {
      'text/event-stream': { schema: { type: 'string' }, example: EXAMPLE },
      'application/json': { schema: { $ref: getSchemaPath(EventListDto) } },
    },
  })
  @ApiFailures({
    400: [
      'since must be the id of an event, such as 4f1c9a02-17, not "x"',
      'types has "birth", which is none; known are started, stopping, …',
      'limit must be a whole number from 1 to 2000, not "0"',
    ],
    503: [`too many follow the events; at most ${MAX_EVENT_STREAMS} at a time`],
  })
  async events(@Req() request: Request, @Res() response: Response): Promise<void> {
    const { accept } = request.headers;
    const lastEventId = request.headers['last-event-id']?.toString();
    const search = searchOf(request);
    const { format, since, types, limit } = readEventQuestion(search, { accept, lastEventId });
    const { events: log } = this.manager;
    if (format === 'stream' && request.method !== 'HEAD') return this.streams.follow(response, log, { since, types });

    const { events, gap } = since === null ? { events: log.latest(log.capacity), gap: null } : log.since(since);
    const wanted = events.filter(({ type }) => types === null || types.has(type)).slice(-limit);
    response.set('cache-control', 'no-store');
    response.json({ boot: log.boot, position: log.position, gap, events: wanted } satisfies EventListDto);
  }
}
