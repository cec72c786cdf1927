// Owns how Nest's own words get into the log: its start-up chatter at debug, its troubles as they are.
import type { LoggerService } from '@nestjs/common';
import type { Logger } from './logger.js';

/** Contexts in which Nest logs an error that it throws as well. */
const THROWN = new Set(['NestApplication', 'ExceptionHandler']);

export function nestLogger(logger: Logger): LoggerService {
  const write =
    (level: keyof Logger) =>
    (message: unknown, ...rest: unknown[]) => {
      const context = rest.filter((part) => typeof part === 'string').at(-1);
      // What the application itself reports it also throws, and main puts that into words.
      const heard = context !== undefined && THROWN.has(context) ? 'debug' : level;
      logger[heard]({ nest: context }, message instanceof Error ? message.message : String(message));
    };
  return {
    log: write('debug'),
    verbose: write('debug'),
    debug: write('debug'),
    warn: write('warn'),
    error: write('error'),
    fatal: write('error'),
  };
}
