// Owns how the audit log is documented. Implementing the entry's type keeps the two from drifting apart.
import { ApiProperty } from '@nestjs/swagger';
import type { AuditEntry } from '../../orchestrator/events/audit-trail.js';

export class AuditEntryDto implements AuditEntry {
  @ApiProperty({ type: String, description: 'Of the call.', example: '7b0c5a52-2a5e-4b6f-9d0b-0d7b8f4d8a10' })
  readonly id: string;

  @ApiProperty({ type: String, format: 'date-time', example: '2030-01-01T00:00:00.000Z' })
  readonly at: string;

  @ApiProperty({ type: String, description: 'Address of the socket.', example: '127.0.0.1' })
  readonly peer: string;

  @ApiProperty({
    type: String,
    enum: ['address', 'token', 'session'],
    description: 'What let it in; address too for what was refused.',
    example: 'token',
  })
  readonly by: AuditEntry['by'];

  @ApiProperty({ type: String, enum: ['admin', 'data'], example: 'admin' })
  readonly port: 'admin' | 'data';

  @ApiProperty({ type: String, example: 'POST' })
  readonly method: string;

  @ApiProperty({ type: String, description: 'With the query.', example: '/add?wait=ready' })
  readonly path: string;

  @ApiProperty({
    description: 'Values that look like secrets are ***; null: none came, or it was not read.',
    nullable: true,
    oneOf: [{ type: 'object', additionalProperties: true }, { type: 'string' }],
    example: { n: 1, hostnames: ['blue'] },
  })
  readonly body: unknown;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'null: there is no answer yet, or nobody got one.',
    example: 200,
  })
  readonly status: number | null;

  @ApiProperty({
    type: String,
    enum: ['under-way', 'done', 'refused', 'failed', 'abandoned', 'unfinished'],
    description:
      'refused: 4xx; failed: 5xx; abandoned: the client left before the answer; unfinished: the balancer ended before it. Of these ' +
      'two it may have been done.',
    example: 'done',
  })
  readonly result: AuditEntry['result'];

  @ApiProperty({ type: String, nullable: true, description: 'In the words of the answer.', example: null })
  readonly reason: string | null;
}

export class AuditDto {
  @ApiProperty({ type: [AuditEntryDto], description: 'Newest first.' })
  readonly entries: readonly AuditEntryDto[];
}
