// Owns the shape that /add and /rm share: what a body must look like before the pool is asked. Rules that depend on the
// pool (grammar and uniqueness of names, MAX_REPLICAS, n against N) are the orchestrator's.
import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsArray, IsInt, IsString, Min, ValidateIf, type ValidationArguments } from 'class-validator';
import { quote } from '../failure.js';

/** A JSON integer of at least 1; nothing is coerced: `"3"` and `true` are no numbers. */
export function IsReplicaCount(description: string, example: number): PropertyDecorator {
  const message = ({ value }: ValidationArguments) =>
    value === undefined
      ? 'n is missing: it must be a whole number of at least 1'
      : `n must be a whole number of at least 1, not ${quote(value)}`;
  return applyDecorators(
    ApiProperty({ type: 'integer', minimum: 1, example, description }),
    IsInt({ message }),
    Min(1, { message }),
  );
}

/** Absent, or an array of strings; null is neither. */
export function IsHostnameList(description: string, example: string[]): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({
      type: 'array',
      items: { type: 'string', minLength: 1, maxLength: 63 },
      example,
      description,
    }),
    ValidateIf((_, value) => value !== undefined),
    IsArray({ message: ({ value }) => `hostnames must be an array of names, not ${quote(value)}` }),
    IsString({ each: true, message: ({ value }) => `hostnames${firstNonString(value)}` }),
  );
}

function firstNonString(value: unknown): string {
  const index = Array.isArray(value) ? value.findIndex((name) => typeof name !== 'string') : -1;
  return index === -1
    ? ' must be an array of names'
    : `[${index}] must be a name, not ${quote((value as unknown[])[index])}`;
}
