// Owns the way from a body's text to a validated DTO: only JSON, only known properties, and an error that names the one that
// is wrong. What the properties mean is the DTOs'.
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { quote, RequestError } from './failure.js';
import { parseJsonObject } from './json-object.js';

/**
 * @param known what the DTO reads, in words for whoever sends something else
 * @throws RequestError 415 when a body has another type than JSON, 400 when it does not fit the DTO
 */
export function readJsonBody<T extends object>(
  type: new () => T,
  known: string,
  contentType: string | undefined,
  body: string,
): T {
  // Nothing was sent: then there is no content whose type could be wrong, but fields may be missing.
  if (body === '' && contentType === undefined) return validated(type, known, {});
  requireJson(contentType);
  return validated(type, known, parseJsonObject(body));
}

/** Of a call that takes no properties: nothing at all, or an empty object. @throws RequestError 415, 400 as above */
export function readNoProperties(contentType: string | undefined, body: string): void {
  if (body === '' && contentType === undefined) return;
  requireJson(contentType);
  const [sent] = body === '' ? [] : Object.entries(parseJsonObject(body));
  if (sent) throw unknownProperty('', sent[0], sent[1]);
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

function validated<T extends object>(type: new () => T, known: string, fields: Record<string, unknown>): T {
  const dto = instantiated(type, fields);
  const dropped = droppedProperty(fields, dto);
  if (dropped) throw unknownProperty(known, dropped.path, dropped.value);
  const [error] = validateSync(dto, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    stopAtFirstError: true,
  });
  if (error) throw describe(known, error, '');
  return dto;
}

/** Where class-transformer expects no object it calls what the object names as its constructor. */
function instantiated<T extends object>(type: new () => T, fields: Record<string, unknown>): T {
  try {
    return plainToInstance(type, fields);
  } catch {
    throw new RequestError(400, 'the body has an object where none is expected, with a property called constructor');
  }
}

/** class-transformer drops names that stand on a prototype (__proto__, constructor, toString, …) without a word. */
function droppedProperty(sent: unknown, kept: unknown, path = ''): { path: string; value: unknown } | undefined {
  if (sent === kept || typeof sent !== 'object' || sent === null) return undefined;
  if (typeof kept !== 'object' || kept === null) return undefined;
  for (const [name, value] of Object.entries(sent)) {
    const at = join(path, name, Array.isArray(sent));
    if (!Object.hasOwn(kept, name)) return { path: at, value };
    const deeper = droppedProperty(value, (kept as Record<string, unknown>)[name], at);
    if (deeper) return deeper;
  }
  return undefined;
}

/** The first error, the outermost first, behind the path that leads to it. Messages name their property; those of an entry of a list cannot. */
function describe(known: string, error: ValidationError, path: string): RequestError {
  const { property, constraints, children = [] } = error;
  const value: unknown = error.value;
  const indexed = /^\d+$/.test(property);
  if (!constraints && children[0]) return describe(known, children[0], join(path, property, indexed));
  const [kind, message = `${property} is not valid: ${quote(value)}`] = Object.entries(constraints ?? {})[0] ?? [];
  if (kind === 'whitelistValidation') return unknownProperty(known, join(path, property, indexed), value);
  if (indexed) return new RequestError(400, `${path}[${property}] ${message}, not ${quote(value)}`);
  return new RequestError(400, path === '' ? message : `${path}.${message}`);
}

function join(path: string, name: string, indexed: boolean): string {
  if (indexed) return `${path}[${name}]`;
  return path === '' ? name : `${path}.${name}`;
}

function unknownProperty(known: string, name: string, value: unknown): RequestError {
  const verb = known.includes(' and ') ? 'are' : 'is';
  const read = known === '' ? 'none is read' : `only ${known} ${verb} read`;
  return new RequestError(400, `unknown property ${quote(name)} with the value ${quote(value)}; ${read}`);
}
