// Owns the process's own log on stderr, so that stdout stays for what people read: pino, one JSON line per event, or words
// where a terminal shows it.
import { isatty } from 'node:tty';
import { pino } from 'pino';
import pretty from 'pino-pretty';

const STDERR = 2;

/** The part of a logger that rooms use; pino's argument order: fields first, then the message. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
export const Logger = Symbol('Logger');

export function createLogger(level: string, role: 'control' | 'data'): Logger {
  const options = { level, base: { role }, timestamp: pino.stdTimeFunctions.isoTime };
  if (!isatty(STDERR)) return pino(options, pino.destination({ fd: STDERR, sync: true }));
  return pino(
    options,
    pretty({ destination: STDERR, sync: true, ignore: 'role', translateTime: 'SYS:HH:MM:ss', singleLine: true }),
  );
}

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
