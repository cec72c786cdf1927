// Owns the answer of /healthz and /readyz.
import { ApiProperty } from '@nestjs/swagger';

export class HealthDto {
  @ApiProperty({ type: String, enum: ['ok'], example: 'ok' })
  readonly status: 'ok';
}
