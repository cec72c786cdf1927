// Owns how the pool's view of its replicas is documented. The view itself is orchestrator/replica-view.ts's; implementing
// its interfaces keeps the two from drifting apart.
import { ApiProperty } from '@nestjs/swagger';
import type { InstanceView, LastExit, ReplicaState, ReplicaView } from '../../orchestrator/replica-view.js';

const STATES: readonly ReplicaState[] = [
  'starting',
  'ready',
  'unready',
  'draining',
  'drained',
  'backing-off',
  'quarantined',
];
const TIME = { type: String, format: 'date-time', example: '2026-11-23T08:15:30.250Z' } as const;

export class InstanceDto implements InstanceView {
  @ApiProperty({ type: String, description: 'Id of the container, or a generated one.', example: '3f2c9a51d0be' })
  readonly id: string;

  @ApiProperty({ type: 'integer', nullable: true, description: 'Where the runtime knows it.', example: 4711 })
  readonly pid: number | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Where the balancer dials it.',
    example: '172.19.0.2:5000',
  })
  readonly address: string | null;

  @ApiProperty({ ...TIME, nullable: true })
  readonly startedAt: string | null;
}

export class LastExitDto implements LastExit {
  @ApiProperty({ type: 'integer', nullable: true, example: 137 })
  readonly code: number | null;

  @ApiProperty({ type: String, nullable: true, example: 'SIGKILL' })
  readonly signal: string | null;

  @ApiProperty({ type: Boolean, description: 'The kernel ended it for lack of memory.', example: false })
  readonly oom: boolean;

  @ApiProperty(TIME)
  readonly at: string;

  @ApiProperty({ type: String, description: 'In words.', example: 'killed by SIGKILL' })
  readonly reason: string;

  @ApiProperty({ type: [String], description: 'What it wrote last, oldest line first.', example: [] })
  readonly lastLines: readonly string[];
}

export class ReplicaDto implements ReplicaView {
  @ApiProperty({ type: String, example: 'Server 1' })
  readonly name: string;

  @ApiProperty({ type: String, enum: STATES, example: 'ready' })
  readonly state: ReplicaState;

  @ApiProperty({
    type: String,
    enum: ['serving', 'drained'],
    description: 'What operators want of it, whatever its state.',
    example: 'serving',
  })
  readonly wanted: ReplicaView['wanted'];

  @ApiProperty({ ...TIME, description: 'When that state began.' })
  readonly since: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Why it is not ready; null when all is well.',
    example: null,
  })
  readonly reason: string | null;

  @ApiProperty({ type: () => InstanceDto, nullable: true, description: 'What fills the replica’s slot now.' })
  readonly instance: InstanceDto | null;

  @ApiProperty({ type: 'integer', description: 'Instances that it has had after its first.', example: 0 })
  readonly restarts: number;

  @ApiProperty({ type: () => LastExitDto, nullable: true, description: 'How its last instance ended.' })
  readonly lastExit: LastExitDto | null;

  @ApiProperty({ type: 'integer', description: 'Requests that it works on, WebSockets aside.', example: 2 })
  readonly inFlight: number;

  @ApiProperty({ type: Number, example: 1 })
  readonly weight: number;

  @ApiProperty({ type: Number, description: 'Part of the key space that it owns, 0 to 1.', example: 0.3341 })
  readonly share: number;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Part of its own keys that it takes in its slow start (SLOW_START); null: it is in none.',
    example: null,
  })
  readonly ramp: number | null;
}

export class ReplicasDto {
  @ApiProperty({ type: [ReplicaDto], description: 'In the order of /rep.' })
  readonly replicas: readonly ReplicaDto[];
}
