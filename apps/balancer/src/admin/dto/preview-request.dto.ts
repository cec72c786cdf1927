// Owns the body of POST /api/preview: what it must look like before the pool is asked. Names that exist or do not, limits of
// the pool and of its algorithm are the orchestrator's.
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  IsArray,
  IsNumber,
  IsString,
  ValidateBy,
  ValidateIf,
  ValidateNested,
  type ValidationArguments,
} from 'class-validator';
import { quote } from '../failure.js';

const WEIGHT = { type: Number, exclusiveMinimum: true, minimum: 0, maximum: 1000 } as const;

/** Absent is fine, null is not. */
const Optional = () => ValidateIf((_, value) => value !== undefined);

export class ProposedReplicaDto {
  @ApiProperty({ type: String, minLength: 1, maxLength: 63, example: 'S4' })
  @IsString({ message: ({ value }) => `name must be a name, ${but(value)}` })
  readonly name: string;

  @ApiPropertyOptional({ ...WEIGHT, default: 1, example: 2 })
  @Optional()
  @IsNumber({}, { message: ({ value }) => `weight must be a number above 0 and at most 1000, ${but(value)}` })
  readonly weight?: number;
}

export class PreviewRequestDto {
  @ApiPropertyOptional({ type: [ProposedReplicaDto], description: 'Replicas that would join.' })
  @Optional()
  @Type(() => ProposedReplicaDto)
  @IsArray({ message: ({ value }) => `add must be an array of objects with name and weight, ${but(value)}` })
  @ValidateNested({ each: true, message: 'must be an object with name and weight' })
  readonly add?: ProposedReplicaDto[];

  @ApiPropertyOptional({ type: [String], description: 'Names that would leave.', example: ['Server 1'] })
  @Optional()
  @IsArray({ message: ({ value }) => `remove must be an array of names, ${but(value)}` })
  @IsString({ each: true, message: ({ value }) => `remove must be an array of names, ${but(value)}` })
  readonly remove?: string[];

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'number', exclusiveMinimum: true, minimum: 0, maximum: 1000 },
    description: 'New weights of replicas that stay, by name.',
    example: { 'Server 2': 2 },
  })
  @Optional()
  // As it was sent: class-transformer would stumble over a replica that is called constructor.
  @Type(() => Object)
  @Transform(({ obj }: { obj: { weights?: unknown } }) => obj.weights)
  @ValidateBy({
    name: 'weights',
    validator: { validate: (value) => wrongWeight(value) === undefined, defaultMessage: wrongWeights },
  })
  readonly weights?: Record<string, number>;
}

function wrongWeights(args?: ValidationArguments): string {
  const wrong = wrongWeight(args?.value);
  if (!wrong || wrong.name === undefined) return `weights must be an object of numbers by name, ${but(args?.value)}`;
  return `weights has ${quote(wrong.name)}: it must be a number above 0 and at most 1000, ${but(wrong.value)}`;
}

function wrongWeight(value: unknown): { name?: string; value?: unknown } | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  const wrong = Object.entries(value).find(([, weight]) => typeof weight !== 'number' || !Number.isFinite(weight));
  return wrong && { name: wrong[0], value: wrong[1] };
}

function but(value: unknown): string {
  return value === undefined ? 'but is missing' : `not ${quote(value)}`;
}
