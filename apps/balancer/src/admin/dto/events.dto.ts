// Owns how the list of a pool's events is documented. What each type has is orchestrator/events/pool-event.ts's.
import { ApiProperty } from '@nestjs/swagger';
import { POOL_EVENT_TYPES, type PoolEventType } from '../../orchestrator/events/pool-event.js';

export class PoolEventDto {
  @ApiProperty({ type: String, description: 'BOOT-NUMBER: numbers rise by one within a boot.', example: '4f1c9a02-17' })
  readonly id: string;

  @ApiProperty({ type: String, format: 'date-time', example: '2030-01-01T00:00:00.000Z' })
  readonly at: string;

  @ApiProperty({ type: String, enum: POOL_EVENT_TYPES, example: 'ready' })
  readonly type: PoolEventType;
}

export class EventListDto {
  @ApiProperty({ type: String, description: 'Of this run of the balancer.', example: '4f1c9a02' })
  readonly boot: string;

  @ApiProperty({
    type: String,
    description: 'Id of the newest event there is: follow from here.',
    example: '4f1c9a02-17',
  })
  readonly position: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Why what came after `since` cannot be told; null: it can. Read /api/replicas anew.',
    example: null,
  })
  readonly gap: string | null;

  @ApiProperty({
    type: [PoolEventDto],
    description: 'Oldest first. Each has the fields of its type besides: see docs/observability.md.',
  })
  readonly events: readonly PoolEventDto[];
}
