// Owns the answer of the three classic routes, for the documentation.
import { ApiProperty } from '@nestjs/swagger';

export class ReplicaNamesDto {
  @ApiProperty({ type: 'integer', name: 'N', description: 'How many replicas the pool should have.', example: 3 })
  readonly N: number;

  @ApiProperty({
    type: [String],
    description: 'Their names, oldest first.',
    example: ['Server 1', 'Server 2', 'Server 3'],
  })
  readonly replicas: string[];
}

export class ReplicaListDto {
  @ApiProperty({ type: () => ReplicaNamesDto })
  readonly message: ReplicaNamesDto;

  @ApiProperty({ type: String, enum: ['successful'], example: 'successful' })
  readonly status: 'successful';
}
