// Owns reading server-sent events out of text that comes in pieces. Pure. Connecting and going on is event-feed.ts's.

export interface Frame {
  readonly event: string;
  readonly data: string;
}

/** By the rules of the format: fields line by line, comments left out, an empty line ends a frame. */
export class FrameReader {
  /** Where a reader who connects again goes on. */
  lastId = '';
  private rest = '';
  private event = '';
  private data: string[] = [];

  /** @returns the frames that this piece completes */
  push(piece: string): Frame[] {
    const lines = (this.rest + piece).split('\n');
    this.rest = lines.pop() ?? '';
    return lines.flatMap((line) => this.take(line.endsWith('\r') ? line.slice(0, -1) : line) ?? []);
  }

  private take(line: string): Frame | undefined {
    if (line === '') return this.complete();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.event = value;
    if (field === 'data') this.data.push(value);
    if (field === 'id') this.lastId = value;
    return undefined;
  }

  private complete(): Frame | undefined {
    const frame = { event: this.event || 'message', data: this.data.join('\n') };
    const empty = this.data.length === 0;
    [this.event, this.data] = ['', []];
    return empty ? undefined : frame;
  }
}
