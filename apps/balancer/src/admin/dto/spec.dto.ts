// Owns how the view of what replicas run is documented. The view itself is orchestrator/views/spec-view.ts's; implementing its
// interfaces keeps the two from drifting apart.
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { DesiredSpec, RunningSpec, SpecView } from '../../orchestrator/views/spec-view.js';
import type { ContainerTraits, Hardening, Mount } from '../../runtime/replica-runtime.js';

const TEXTS = { type: 'object', additionalProperties: { type: 'string' } } as const;

export class MountDto implements Mount {
  @ApiProperty({ type: String, enum: ['volume', 'bind'], example: 'volume' })
  readonly type: 'volume' | 'bind';

  @ApiProperty({ type: String, description: '{slot} stands for the replica.', example: 'shop_data-{slot}' })
  readonly source: string;

  @ApiProperty({ type: String, example: '/data' })
  readonly target: string;

  @ApiProperty({ type: Boolean, example: false })
  readonly readOnly: boolean;
}

export class ContainerTraitsDto implements ContainerTraits {
  @ApiPropertyOptional({ type: [String], example: ['/run.sh'] })
  readonly entrypoint?: readonly string[];

  @ApiPropertyOptional({ type: String, example: '/srv' })
  readonly workingDir?: string;

  @ApiPropertyOptional({ type: String, example: '1000:1000' })
  readonly user?: string;

  @ApiPropertyOptional({ ...TEXTS, example: { team: 'shop' } })
  readonly labels?: Readonly<Record<string, string>>;

  @ApiPropertyOptional({ ...TEXTS, description: 'Path → options.', example: { '/run': 'size=1m' } })
  readonly tmpfs?: Readonly<Record<string, string>>;

  @ApiPropertyOptional({ type: [MountDto] })
  readonly mounts?: readonly MountDto[];

  @ApiPropertyOptional({ type: [String], description: "Besides the pool's own.", example: ['shop_default'] })
  readonly networks?: readonly string[];

  @ApiPropertyOptional({ type: 'integer', description: 'Bytes.', example: 268_435_456 })
  readonly memory?: number;

  @ApiPropertyOptional({ type: Number, example: 0.5 })
  readonly cpus?: number;

  @ApiPropertyOptional({ type: 'integer', example: 256 })
  readonly pids?: number;

  @ApiPropertyOptional({ type: String, example: 'SIGQUIT' })
  readonly stopSignal?: string;
}

export class DesiredSpecDto implements DesiredSpec {
  @ApiProperty({
    type: String,
    description: 'Fingerprint of what counts; with RUNTIME=static each replica has another one, by its address.',
    example: '68850ddfc9705cfd',
  })
  readonly specHash: string;

  @ApiPropertyOptional({ type: String, description: 'Pinned id; Docker only.', example: 'sha256:9e11fb7bf565' })
  readonly image?: string;

  @ApiPropertyOptional({ type: String, description: 'As it was named.', example: 'shop/web:4' })
  readonly imageRef?: string;

  @ApiPropertyOptional({ type: [String], description: "The image's own when absent.", example: ['serve'] })
  readonly command?: readonly string[];

  @ApiProperty({ type: 'integer', description: '0: one is chosen for each instance.', example: 5000 })
  readonly port: number;

  @ApiProperty({ ...TEXTS, example: { LOG: 'info', DB_PASSWORD: '***', DB: 'postgres://***@db/shop' } })
  readonly env: Readonly<Record<string, string>>;

  @ApiProperty({ type: String, example: '/heartbeat' })
  readonly healthPath: string;

  @ApiPropertyOptional({ type: 'integer', description: 'Milliseconds; STOP_TIMEOUT when absent.', example: 10_000 })
  readonly stopGraceMs?: number;

  @ApiPropertyOptional({
    type: String,
    enum: ['strict', 'default'],
    description: 'When absent: strict for the bundled server, default for other images.',
  })
  readonly hardening?: Hardening;

  @ApiPropertyOptional({ type: ContainerTraitsDto, description: 'What a compose service adds.' })
  readonly container?: ContainerTraitsDto;
}

export class RunningSpecDto implements RunningSpec {
  @ApiProperty({ type: String, example: 'Server 1' })
  readonly name: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'null while it has no instance.',
    example: '68850ddfc9705cfd',
  })
  readonly specHash: string | null;

  @ApiProperty({ type: Boolean, description: 'It runs what is wanted.', example: true })
  readonly matches: boolean;
}

export class SpecDto implements SpecView {
  @ApiProperty({ type: DesiredSpecDto })
  readonly desired: DesiredSpecDto;

  @ApiProperty({ type: [RunningSpecDto], description: 'In the order of /rep.' })
  readonly running: readonly RunningSpecDto[];

  @ApiProperty({ type: [String], description: 'Settings that differ from the stored state, which wins.', example: [] })
  readonly drift: readonly string[];
}
