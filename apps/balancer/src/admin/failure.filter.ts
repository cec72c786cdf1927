// Owns the last stop of every error on the admin port: one JSON answer in the house's form, never a stack trace.
import {
  type ArgumentsHost,
  BadRequestException,
  Catch,
  type ExceptionFilter,
  Inject,
  NotFoundException,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import { Logger } from '../telemetry/logger.js';
import { toFailure } from './answers.js';
import { quote, RequestError } from './failure.js';
import { send } from './send.js';

@Catch()
export class FailureFilter implements ExceptionFilter {
  constructor(@Inject(Logger) private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const { method, path } = http.getRequest<Request>();
    send(http.getResponse<Response>(), toFailure(inOurWords(error, method, path), this.logger));
  }
}

/** What the framework refuses by itself is put as we would. */
function inOurWords(error: unknown, method: string, path: string): unknown {
  if (error instanceof NotFoundException) return unknownPath(method, path);
  if (error instanceof BadRequestException && !isDecodable(path))
    return new RequestError(400, `the path has a percent sign that encodes nothing: ${quote(path)}`);
  return error;
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** Also thrown by the table of routes (routes.middleware.ts), so that every unknown path reads the same. */
export function unknownPath(method: string, path: string): RequestError {
  return new RequestError(404, `${method} ${quote(path).slice(1, -1)} does not exist; /docs lists what does`);
}
