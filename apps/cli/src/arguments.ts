// Owns reading the words of a command line into values, with refusals that name the word. What the balancer allows is its own
// to say. Pure.
import { InvalidArgumentError } from 'commander';

export function wholeNumber(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number.');
}

export function decimal(text: string): number {
  if (/^\d{1,6}(?:\.\d{1,6})?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a number, such as 2 or 0.5.');
}

/** An option that may stand several times. */
export function collected(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

/** `NAME=VALUE`, several times. */
export function pairs(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must be NAME=VALUE.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** `NAME=NUMBER`, several times. A name may hold `=`; the last one counts. */
export function weights(text: string, before: Readonly<Record<string, number>> = {}): Record<string, number> {
  const at = text.lastIndexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must be NAME=WEIGHT.');
  return { ...before, [text.slice(0, at)]: decimal(text.slice(at + 1)) };
}

/** The path of a call about one replica. */
export function replicaPath(name: string, what: string): string {
  return `/api/replicas/${encodeURIComponent(name)}/${what}`;
}
