// Owns how the data plane's counts are documented. The view itself is orchestrator/views/traffic-view.ts's; implementing its
// interfaces keeps the two from drifting apart.
import { ApiProperty } from '@nestjs/swagger';
import type { InstanceTraffic, LatencyView, TrafficView } from '../../orchestrator/views/traffic-view.js';
import type { OutcomeCounts } from '../../routing/link/messages.js';

const COUNT = { type: 'integer', minimum: 0, example: 0 } as const;

export class OutcomesDto implements OutcomeCounts {
  @ApiProperty({ ...COUNT, description: 'Answers below 500.', example: 1204 })
  readonly answered: number;

  @ApiProperty({ ...COUNT, description: 'Answers from 500 up.' })
  readonly serverErrors: number;

  @ApiProperty({ ...COUNT, description: 'Connections that it refused.' })
  readonly refused: number;

  @ApiProperty({ ...COUNT, description: 'Broken off before the head of an answer.' })
  readonly reset: number;

  @ApiProperty({ ...COUNT, description: 'No connection, or no head of an answer, in time.' })
  readonly timedOut: number;
}

export class InstanceTrafficDto implements InstanceTraffic {
  @ApiProperty({ type: String, description: 'The replica that it fills.', example: 'Server 1' })
  readonly replica: string;

  @ApiProperty({ type: String, example: '3f2c9a51d0be' })
  readonly id: string;

  @ApiProperty({ ...COUNT, description: 'Requests that it works on now.', example: 2 })
  readonly inFlight: number;

  @ApiProperty({ ...COUNT, description: 'WebSockets that are open now.' })
  readonly tunnels: number;

  @ApiProperty({ ...COUNT, description: 'Requests that it was given since the data process started.', example: 1206 })
  readonly requests: number;

  @ApiProperty({ type: () => OutcomesDto, description: 'How tries on it ended since the data process started.' })
  readonly outcomes: OutcomesDto;
}

const BUCKETS = [812, 390, 4];

export class ReplicaLatencyDto {
  @ApiProperty({ type: String, example: 'Server 1' })
  readonly replica: string;

  @ApiProperty({ type: [Number], example: BUCKETS })
  readonly buckets: readonly number[];
}

export class LatencyDto implements LatencyView {
  @ApiProperty({
    type: [Number],
    description: 'Upper bounds of the buckets, included, in milliseconds; the last bucket has none.',
    example: [0.5, 1],
  })
  readonly boundsMs: readonly number[];

  @ApiProperty({
    type: [Number],
    description: 'How many whole requests fell into each since the data process started.',
    example: BUCKETS,
  })
  readonly total: readonly number[];

  @ApiProperty({ type: [ReplicaLatencyDto], description: 'Tries, to the head of the answer.' })
  readonly replicas: readonly ReplicaLatencyDto[];
}

export class TrafficDto implements TrafficView {
  @ApiProperty({
    type: 'integer',
    description: "Milliseconds of the balancer's own clock, for differences between two answers.",
    example: 81_250,
  })
  readonly clockMs: number;

  @ApiProperty({ type: [InstanceTrafficDto], description: 'In the order of /rep.' })
  readonly instances: readonly InstanceTrafficDto[];

  @ApiProperty({ type: () => LatencyDto, nullable: true, description: 'null: the data process did not tell.' })
  readonly latency: LatencyDto | null;
}
