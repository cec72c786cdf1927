// Owns the body of POST /api/deploy, and how deploys are documented. What a pool can be deployed is the orchestrator's
// (deploy-change.ts), the view deploy-view.ts's; implementing its interfaces keeps the two from drifting apart.
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsString,
  Matches,
  Max,
  Min,
  ValidateBy,
  ValidateIf,
  type ValidationArguments,
  type ValidationOptions,
} from 'class-validator';
import type { DeployChange } from '../../orchestrator/deploy/deploy-change.js';
import type { DeployReplica, DeployStatus, DeployStep, DeployView } from '../../orchestrator/deploy/deploy-view.js';
import type { DeployOptions } from '../../orchestrator/deploy/deploys.js';
import { quote } from '../failure.js';
import { DesiredSpecDto } from './spec.dto.js';

const PULL = ['always', 'missing', 'never'] as const;
const MOST_MS = 3_600_000;
const STATUSES: readonly DeployStatus[] = [
  'planned',
  'unchanged',
  'rolling',
  'rolled-out',
  'rolling-back',
  'rolled-back',
  'failed',
];
const STEPS: readonly DeployStep[] = ['waiting', 'replacing', 'replaced', 'restoring', 'restored', 'stranded'];
const TIME = { type: String, format: 'date-time', nullable: true, example: '2026-11-23T08:15:30.250Z' } as const;

/** Absent is fine, null is not. */
const Optional = () => ValidateIf((_, value) => value !== undefined);
const OptionalOrNull = () => ValidateIf((_, value) => value !== undefined && value !== null);
const must = (rule: string): ValidationOptions => ({
  message: ({ property, value }: ValidationArguments) => `${property} must be ${rule}, not ${quote(value)}`,
});

export class DeployRequestDto implements DeployChange, DeployOptions {
  @ApiPropertyOptional({
    type: String,
    description: 'Reference; Docker only. Absent: the one in force, resolved anew. Pinned by its id either way.',
    example: 'shop/web:5',
  })
  @Optional()
  @Matches(/^[\x21-\x7e]{1,512}$/, must('an image reference'))
  readonly image?: string;

  @ApiPropertyOptional({
    type: String,
    enum: PULL,
    description: 'Whether the image is pulled. Absent: `missing`, or the pull_policy of the compose service.',
  })
  @Optional()
  @IsIn(PULL, must(`one of ${PULL.join(', ')}`))
  readonly pull?: (typeof PULL)[number];

  @ApiPropertyOptional({
    type: [String],
    nullable: true,
    description: "argv; null: the image's own, or the bundled server.",
    example: ['serve', '--port=80'],
  })
  @OptionalOrNull()
  @IsArray(must('an array of words, or null'))
  @IsString({ ...must('an array of words, or null'), each: true })
  readonly command?: string[] | null;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string', nullable: true },
    description: 'Laid over the environment in force: a text sets a variable, null takes it away, the others stay.',
    example: { LOG: 'debug', OLD_FLAG: null },
  })
  @Optional()
  // As it was sent: class-transformer would stumble over a variable that is called constructor.
  @Type(() => Object)
  @Transform(({ obj }: { obj: { env?: unknown } }) => obj.env)
  @ValidateBy({
    name: 'env',
    validator: { validate: (value) => wrongVariable(value) === undefined, defaultMessage: wrongVariables },
  })
  readonly env?: Record<string, string | null>;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 65_535, description: 'Docker only.', example: 80 })
  @Optional()
  @IsInt(must('a whole number from 1 to 65535'))
  @Min(1, must('a whole number from 1 to 65535'))
  @Max(65_535, must('a whole number from 1 to 65535'))
  readonly port?: number;

  @ApiPropertyOptional({ type: String, description: 'Where new instances are probed.', example: '/healthz' })
  @Optional()
  @Matches(/^\/[\x21-\x7e]{0,2047}$/, must('a path that starts with /'))
  readonly healthPath?: string;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: MOST_MS,
    nullable: true,
    description: 'From the stop signal to SIGKILL, in milliseconds; null: STOP_TIMEOUT.',
    example: 10_000,
  })
  @OptionalOrNull()
  @IsInt(must(`a whole number of milliseconds from 0 to ${MOST_MS}, or null`))
  @Min(0, must(`a whole number of milliseconds from 0 to ${MOST_MS}, or null`))
  @Max(MOST_MS, must(`a whole number of milliseconds from 0 to ${MOST_MS}, or null`))
  readonly stopGraceMs?: number | null;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, default: 1, description: 'Replicas replaced at a time.' })
  @Optional()
  @IsInt(must('a whole number from 1 to MAX_REPLICAS'))
  readonly maxSurge?: number;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: MOST_MS,
    default: 1000,
    description: "How long a successor has to have served before the next replica's turn, in milliseconds.",
  })
  @Optional()
  @IsInt(must(`a whole number of milliseconds from 0 to ${MOST_MS}`))
  @Min(0, must(`a whole number of milliseconds from 0 to ${MOST_MS}`))
  @Max(MOST_MS, must(`a whole number of milliseconds from 0 to ${MOST_MS}`))
  readonly minReadyMs?: number;

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description: 'Only tell what would change. The image is resolved, and pulled if need be.',
  })
  @Optional()
  @IsBoolean(must('true or false'))
  readonly dryRun?: boolean;
}

export class DeployReplicaDto implements DeployReplica {
  @ApiProperty({ type: String, example: 'Server 1' })
  readonly name: string;

  @ApiProperty({
    type: String,
    enum: STEPS,
    description: '`waiting`: its turn has not come · `stranded`: what it ran before does not come up any more.',
    example: 'replaced',
  })
  readonly step: DeployStep;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Of what fills its slot now.',
    example: '68850ddfc9705cfd',
  })
  readonly specHash: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Why it is not ready; null when all is well.' })
  readonly reason: string | null;
}

export class DeployDto implements DeployView {
  @ApiProperty({
    type: String,
    enum: STATUSES,
    description:
      '`planned`: a dry run · `unchanged`: that is what runs · `rolling-back`: it failed or was cancelled · `failed`: what ran ' +
      'before does not come up everywhere any more.',
    example: 'rolling',
  })
  readonly status: DeployStatus;

  @ApiProperty({ type: 'integer', nullable: true, description: 'Of what is deployed; 1 is the pool as it was made.' })
  readonly revision: number | null;

  @ApiProperty({ type: [String], description: 'What differs.', example: ['image', 'env.LOG'] })
  readonly changes: readonly string[];

  @ApiProperty({ type: DesiredSpecDto, description: 'What ran before.' })
  readonly from: DesiredSpecDto;

  @ApiProperty({ type: DesiredSpecDto })
  readonly to: DesiredSpecDto;

  @ApiProperty({ type: 'integer', example: 1 })
  readonly maxSurge: number;

  @ApiProperty({ type: 'integer', example: 1000 })
  readonly minReadyMs: number;

  @ApiProperty({
    type: [DeployReplicaDto],
    description: 'While it goes on all of them in the order of /rep, afterwards those that had their turn.',
  })
  readonly replicas: readonly DeployReplicaDto[];

  @ApiProperty({ type: String, nullable: true, description: 'Why it is or was rolled back, or failed.' })
  readonly reason: string | null;

  @ApiProperty({ ...TIME, description: 'null: nothing was begun.' })
  readonly startedAt: string | null;

  @ApiProperty({ ...TIME, description: 'null: it goes on.' })
  readonly endedAt: string | null;
}

function wrongVariables(args?: ValidationArguments): string {
  const wrong = wrongVariable(args?.value);
  if (!wrong || wrong.name === undefined) return `env must be an object of texts by name, not ${quote(args?.value)}`;
  return `env has ${quote(wrong.name)}: it must be a text, or null to take it away, not ${quote(wrong.value)}`;
}

function wrongVariable(value: unknown): { name?: string; value?: unknown } | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  const wrong = Object.entries(value).find(([, text]) => typeof text !== 'string' && text !== null);
  return wrong && { name: wrong[0], value: wrong[1] };
}
