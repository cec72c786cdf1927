// Owns how failed answers are documented: example messages per status, beside those that the gate can give on any route.
import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { STATUS_CODES } from 'node:http';
import { failure } from '../failure.js';
import { FailureDto } from './failure.dto.js';

const GATE = {
  401: ['the token is missing: send `Authorization: Bearer TOKEN`', 'the token is wrong'],
  429: ['too many wrong tokens came from this address; try again in 42 s'],
  403: ['192.0.2.7 is not in ADMIN_ALLOW', 'a page of another site may not use the admin routes'],
};

/** @param messages status → messages that it comes with */
export function ApiFailures(messages: Readonly<Record<number, readonly string[]>> = {}): MethodDecorator {
  const all: Readonly<Record<string, readonly string[]>> = { ...GATE, ...messages };
  return applyDecorators(
    ...Object.entries(all).map(([status, examples]) =>
      ApiResponse({
        status: Number(status),
        type: FailureDto,
        description: STATUS_CODES[status],
        examples: Object.fromEntries(
          examples.map((message) => [message, { summary: message, value: failure(message) }]),
        ),
      }),
    ),
  );
}
