// Owns the bodies of the calls that concern one replica, and how their answers are documented. Names, states and what the
// ring's algorithm bears are the orchestrator's.
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsNumber, ValidateBy, ValidateIf } from 'class-validator';
import type { DeathView } from '../../orchestrator/views/replica-view.js';
import { quote } from '../failure.js';
import { LastExitDto } from './replica.dto.js';
import { PreviewDto } from './ring.dto.js';

const MAX_WEIGHT = 1000;
const weightMessage = ({ value }: { value: unknown }) =>
  `weight must be a number above 0 and at most ${MAX_WEIGHT}, ${value === undefined ? 'but is missing' : `not ${quote(value)}`}`;

export class DrainRequestDto {
  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description: 'Drain the replica even if no other serves.',
  })
  @ValidateIf((_, value) => value !== undefined)
  @IsBoolean({ message: ({ value }) => `force must be true or false, not ${quote(value)}` })
  readonly force?: boolean;
}

export class WeightRequestDto {
  @ApiProperty({ type: Number, minimum: 0, exclusiveMinimum: true, maximum: MAX_WEIGHT, example: 2 })
  @IsNumber({}, { message: weightMessage })
  @ValidateBy(
    { name: 'weight', validator: { validate: (value) => Number(value) > 0 && Number(value) <= MAX_WEIGHT } },
    { message: weightMessage },
  )
  readonly weight: number;
}

export class WeightChangeDto extends PreviewDto {
  @ApiProperty({ type: String, example: 'Server 1' })
  readonly name: string;

  @ApiProperty({ type: Number, example: 2 })
  readonly weight: number;
}

export class DeathDto extends LastExitDto implements DeathView {
  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'Milliseconds from its start to its end; null: it was never started.',
    example: 81_250,
  })
  readonly uptimeMs: number | null;

  @ApiProperty({
    type: 'integer',
    description: 'Requests that it carried when the first sign of its end came, by counters up to about 100 ms older.',
    example: 3,
  })
  readonly inFlight: number;

  @ApiProperty({ type: String, nullable: true, description: 'null: it was never made.', example: '3f2c9a51d0be' })
  readonly instance: string | null;

  @ApiProperty({ type: 'integer', nullable: true, description: 'Which instance of the replica it was.', example: 1 })
  readonly generation: number | null;
}

export class DeathsDto {
  @ApiProperty({ type: [DeathDto], description: 'Newest first, the last 20.' })
  readonly deaths: readonly DeathDto[];
}
