// Owns how the pool's view of its replicas is documented. The view itself is orchestrator/views/replica-view.ts's; implementing
// its interfaces keeps the two from drifting apart.
import { ApiProperty } from '@nestjs/swagger';
import type {
  ChecksView,
  ConductView,
  InstanceView,
  LastExit,
  ProbeView,
  ReplicaState,
  ReplicaView,
} from '../../orchestrator/views/replica-view.js';

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

export class ProbeDto implements ProbeView {
  @ApiProperty({
    type: String,
    enum: ['passed', 'failed', 'inconclusive'],
    description: 'inconclusive: the balancer itself was late, so it says nothing.',
    example: 'passed',
  })
  readonly result: ProbeView['result'];

  @ApiProperty(TIME)
  readonly at: string;

  @ApiProperty({ type: Number, description: 'Milliseconds from asking to the verdict.', example: 1.4 })
  readonly durationMs: number;

  @ApiProperty({ type: String, nullable: true, description: 'Why it failed.', example: null })
  readonly reason: string | null;

  @ApiProperty({ type: 'integer', description: 'Results of that kind in a row.', example: 812 })
  readonly inARow: number;
}

export class ConductDto implements ConductView {
  @ApiProperty({ type: 'integer', description: 'Answers below 500.', example: 1204 })
  readonly answered: number;

  @ApiProperty({ type: 'integer', description: 'Answers from 500 up.', example: 0 })
  readonly serverErrors: number;

  @ApiProperty({ type: 'integer', description: 'Connections that it refused.', example: 0 })
  readonly refused: number;

  @ApiProperty({ type: 'integer', description: 'Broken off before the head of an answer.', example: 0 })
  readonly reset: number;

  @ApiProperty({ type: 'integer', description: 'No connection, or no head of an answer, in time.', example: 0 })
  readonly timedOut: number;

  @ApiProperty({
    type: 'integer',
    description: 'Failures of the last three kinds with no answer in between.',
    example: 0,
  })
  readonly failuresInARow: number;

  @ApiProperty({ type: 'integer', description: 'Ejections, each soon after the one before.', example: 0 })
  readonly ejections: number;

  @ApiProperty({
    ...TIME,
    nullable: true,
    description: 'Ejected at least until then; it serves again once a probe passes after it.',
    example: null,
  })
  readonly ejectedUntil: string | null;
}

export class ChecksDto implements ChecksView {
  @ApiProperty({ type: () => ProbeDto, nullable: true, description: 'The last probe.' })
  readonly probe: ProbeDto | null;

  @ApiProperty({
    type: () => ConductDto,
    nullable: true,
    description: 'What its requests met within EJECT_WINDOW, as the data plane saw it.',
  })
  readonly conduct: ConductDto | null;
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

  @ApiProperty({ type: () => ChecksDto, description: 'The last result of each check of that instance.' })
  readonly checks: ChecksDto;

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
