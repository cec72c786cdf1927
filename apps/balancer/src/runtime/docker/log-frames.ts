// Owns how the engine frames a container's output: 8 bytes of header (stream, length) before each piece. Pure.
const HEADER = 8;

/** Both streams in the order of writing, as lines without their ends. */
export function linesOfFrames(frames: Buffer): string[] {
  const lines = Buffer.concat(new FrameReader().take(frames)).toString('utf8').split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** For a stream of frames, whose chunks end anywhere. */
export class FrameReader {
  private rest: Buffer = Buffer.alloc(0);
  /** Bytes of the piece under way that are still to come. */
  private missing = 0;

  /** @returns what of this chunk is output */
  take(chunk: Buffer): Buffer[] {
    let left = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const pieces: Buffer[] = [];
    for (;;) {
      if (this.missing > 0) {
        const piece = left.subarray(0, this.missing);
        if (piece.length > 0) pieces.push(piece);
        this.missing -= piece.length;
        left = left.subarray(piece.length);
      }
      if (this.missing > 0 || left.length < HEADER) break;
      this.missing = left.readUInt32BE(4);
      left = left.subarray(HEADER);
    }
    this.rest = left;
    return pieces;
  }
}
