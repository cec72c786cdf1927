// Owns how the pool's summary is documented. The summary itself is orchestrator/views/replica-view.ts's.
import { ApiProperty } from '@nestjs/swagger';
import type { EngineView, PoolSummary, StandbyView } from '../../orchestrator/views/replica-view.js';
import type { RuntimeKind } from '../../runtime/replica-runtime.js';

export class EngineDto implements EngineView {
  @ApiProperty({ type: String, enum: ['ok', 'unreachable'], example: 'ok' })
  readonly status: 'ok' | 'unreachable';

  @ApiProperty({
    type: String,
    format: 'date-time',
    description: 'When that status began.',
    example: '2026-11-23T08:15:30.250Z',
  })
  readonly since: string;

  @ApiProperty({ type: String, nullable: true, description: 'Why it is unreachable.', example: null })
  readonly reason: string | null;
}

export class StandbyDto implements StandbyView {
  @ApiProperty({ type: 'integer', description: 'Instances that should stand by.', example: 1 })
  readonly wanted: number;

  @ApiProperty({ type: 'integer', description: 'Those that could serve this very moment.', example: 1 })
  readonly ready: number;

  @ApiProperty({ type: String, nullable: true, description: 'Why there are fewer than wanted.', example: null })
  readonly reason: string | null;
}

export class StatusDto implements PoolSummary {
  @ApiProperty({ type: String, example: 'hashflow' })
  readonly pool: string;

  @ApiProperty({ type: String, enum: ['docker', 'process', 'static'], example: 'docker' })
  readonly runtime: RuntimeKind;

  @ApiProperty({ type: String, description: 'Why that runtime was chosen.', example: 'a Docker engine answers' })
  readonly runtimeReason: string;

  @ApiProperty({ type: String, example: 'hrw' })
  readonly algorithm: string;

  @ApiProperty({
    type: String,
    description: 'Two balancers with equal digests place every key alike.',
    example: '9b1c…',
  })
  readonly digest: string;

  @ApiProperty({ type: 'integer', description: 'Number of the routing table published last.', example: 12 })
  readonly epoch: number;

  @ApiProperty({ type: 'integer', description: 'Replicas that there should be.', example: 3 })
  readonly desired: number;

  @ApiProperty({ type: 'integer', description: 'Replicas that serve.', example: 3 })
  readonly ready: number;

  @ApiProperty({
    type: Boolean,
    description: 'Too few replicas are ready, so those that are ejected or fail their probes are tried too.',
    example: false,
  })
  readonly panic: boolean;

  @ApiProperty({ type: 'integer', description: 'Instances that finish their last requests.', example: 0 })
  readonly draining: number;

  @ApiProperty({ type: () => StandbyDto })
  readonly standby: StandbyDto;

  @ApiProperty({ type: () => EngineDto })
  readonly engine: EngineDto;

  @ApiProperty({ type: [String], description: 'Settings that differ from the stored state, which wins.', example: [] })
  readonly drift: readonly string[];
}
