// Owns the form of every failed answer, for the documentation.
import { ApiProperty } from '@nestjs/swagger';

export class FailureDto {
  @ApiProperty({
    type: String,
    description: 'What is wrong, naming the field and the value.',
    example: 'n must be a whole number of at least 1, not "3"',
  })
  readonly message: string;

  @ApiProperty({ type: String, enum: ['failure'], example: 'failure' })
  readonly status: 'failure';
}
