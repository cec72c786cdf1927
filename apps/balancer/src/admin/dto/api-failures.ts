// Owns how failed answers are documented: one example message per status, beside those that the gate can give on any route.
import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { STATUS_CODES } from 'node:http';
import { failure } from '../failure.js';
import { FailureDto } from './failure.dto.js';

const GATE = {
  401: 'the token is missing: send `Authorization: Bearer TOKEN`',
  403: '192.0.2.7 is not in ADMIN_ALLOW',
};

/** @param examples status → a message that it comes with */
export function ApiFailures(examples: Readonly<Record<number, string>> = {}): MethodDecorator {
  const all: Readonly<Record<string, string>> = { ...GATE, ...examples };
  return applyDecorators(
    ...Object.entries(all).map(([status, message]) =>
      ApiResponse({
        status: Number(status),
        type: FailureDto,
        description: STATUS_CODES[status],
        example: failure(message),
      }),
    ),
  );
}
