// Owns the body of POST /api/session, and how a session is documented.
import { ApiProperty } from '@nestjs/swagger';
import { IsString } from 'class-validator';

export class LoginDto {
  @ApiProperty({ type: String, description: 'The value of ADMIN_TOKEN.' })
  // Not shown as other wrong values are: it may be the token all the same.
  @IsString({ message: ({ value }) => `token must be a text${value === undefined ? ', but is missing' : ''}` })
  readonly token: string;
}

export class SessionDto {
  @ApiProperty({ type: Boolean, description: 'ADMIN_TOKEN is set.', example: true })
  readonly tokenRequired: boolean;

  @ApiProperty({
    type: 'integer',
    description: 'Milliseconds that the session of this browser still lives; 0: it has none.',
    example: 43_200_000,
  })
  readonly remainingMs: number;
}
