// Owns the way from a body's text to a validated DTO, and from a query string to the wait it asks for.
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { quote, RequestError } from './failure.js';
import { parseJsonObject } from './json-object.js';

/** @throws RequestError 415 when a body has another type than JSON, 400 when it does not fit the DTO */
export function readReplicaChange<T extends object>(
  type: new () => T,
  contentType: string | undefined,
  body: string,
): T {
  // Nothing was sent: then there is no content whose type could be wrong, but fields are missing.
  if (body === '' && contentType === undefined) return validated(type, {});
  requireJson(contentType);
  return validated(type, parseJsonObject(body));
}

/** @throws RequestError 400 when the query asks for anything but `wait=VALUE` once */
export function readWait(search: string, value: 'ready' | 'gone' | undefined): boolean {
  let wait = false;
  for (const [name, given] of new URLSearchParams(search)) {
    if (name !== 'wait' || value === undefined) throw new RequestError(400, `unknown query parameter ${quote(name)}`);
    if (wait) throw new RequestError(400, 'the query parameter wait stands more than once');
    if (given !== value)
      throw new RequestError(400, `the query parameter wait must be ${quote(value)}, not ${quote(given)}`);
    wait = true;
  }
  return wait;
}

function requireJson(contentType: string | undefined): void {
  const [type = '', ...parameters] = (contentType ?? '').split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length);
  if (type === 'application/json' && (charset === undefined || /^"?utf-8"?$/.test(charset))) return;
  throw new RequestError(
    415,
    `content-type must be application/json in UTF-8, ${contentType === undefined ? 'but is missing' : `not ${quote(contentType)}`}`,
    { accept: 'application/json' },
  );
}

function validated<T extends object>(type: new () => T, fields: Record<string, unknown>): T {
  const dto = plainToInstance(type, fields);
  // class-transformer drops names that stand on a prototype (__proto__, constructor, toString, …) without a word.
  const dropped = Object.keys(fields).find((name) => !Object.hasOwn(dto, name));
  if (dropped !== undefined) throw unknownProperty(dropped, fields[dropped]);
  const [error] = validateSync(dto, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    stopAtFirstError: true,
  });
  if (error) throw describe(error);
  return dto;
}

function describe({ property, value, constraints = {} }: ValidationError): RequestError {
  const [kind, message = `${property} is not valid: ${quote(value)}`] = Object.entries(constraints)[0] ?? [];
  return kind === 'whitelistValidation' ? unknownProperty(property, value) : new RequestError(400, message);
}

function unknownProperty(name: string, value: unknown): RequestError {
  return new RequestError(
    400,
    `unknown property ${quote(name)} with the value ${quote(value)}; only n and hostnames are read`,
  );
}
