// Owns how the engine frames a container's output: 8 bytes of header (stream, length) before each piece. Pure.
const HEADER = 8;

/** Both streams in the order of writing, as lines without their ends. */
export function linesOfFrames(frames: Buffer): string[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at + HEADER <= frames.length;) {
    const length = frames.readUInt32BE(at + 4);
    pieces.push(frames.subarray(at + HEADER, at + HEADER + length));
    at += HEADER + length;
  }
  const lines = Buffer.concat(pieces).toString('utf8').split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
