// Owns the process's own log: pino, one JSON line per event on stderr, so that stdout stays for what people read.
import { pino } from 'pino';

/** The part of a logger that rooms use; pino's argument order: fields first, then the message. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
export const Logger = Symbol('Logger');

export function createLogger(level: string, role: 'control' | 'data'): Logger {
  return pino(
    { level, base: { role }, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ fd: 2, sync: true }),
  );
}

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
