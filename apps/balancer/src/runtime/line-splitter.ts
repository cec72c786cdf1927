// Owns lines out of pieces of output: a piece may hold many lines or part of one, cut inside a character. Pure but for the
// decoder it keeps.
import { StringDecoder } from 'node:string_decoder';

/** Longer ones are cut, so that a replica that never ends a line costs no more. */
export const MAX_LINE = 64 * 1024;

export class LineSplitter {
  private readonly decoder = new StringDecoder('utf8');
  private rest = '';

  /** @returns the lines that this piece completes, without their ends */
  take(piece: Buffer): string[] {
    return this.complete(this.decoder.write(piece));
  }

  /** @returns what is left without a line end */
  end(): string[] {
    const lines = this.complete(this.decoder.end());
    if (this.rest !== '') lines.push(this.rest);
    this.rest = '';
    return lines;
  }

  private complete(text: string): string[] {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    while (this.rest.length > MAX_LINE) {
      lines.push(this.rest.slice(0, MAX_LINE));
      this.rest = this.rest.slice(MAX_LINE);
    }
    return lines.flatMap((line) => cut(line.replace(/\r$/, '')));
  }
}

function cut(line: string): string[] {
  const parts: string[] = [];
  for (let at = 0; at === 0 || at < line.length; at += MAX_LINE) parts.push(line.slice(at, at + MAX_LINE));
  return parts;
}
