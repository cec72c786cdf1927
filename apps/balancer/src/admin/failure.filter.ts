// Owns the last stop of every error on the admin port: one JSON answer in the house's form, never a stack trace.
import { type ArgumentsHost, Catch, type ExceptionFilter, Inject, NotFoundException } from '@nestjs/common';
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
    const known = error instanceof NotFoundException ? unknownPath(method, path) : error;
    send(http.getResponse<Response>(), toFailure(known, this.logger));
  }
}

/** Also thrown by the table of routes (routes.middleware.ts), so that every unknown path reads the same. */
export function unknownPath(method: string, path: string): RequestError {
  return new RequestError(404, `${method} ${quote(path).slice(1, -1)} does not exist; /docs lists what does`);
}
