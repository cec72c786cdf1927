// Owns lines out of chunks: a chunk of the engine's streams may hold many lines or half of one, cut inside a character.
import { StringDecoder } from 'node:string_decoder';

/** Anything longer is no line of the engine's. */
const MAX_LINE = 1024 * 1024;

/** Without their line ends. Calls `arrived` for each chunk. @throws what breaks the stream, or Error on a line without end */
export async function* linesOf(stream: NodeJS.ReadableStream, arrived: () => void): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    arrived();
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE) throw new Error('a line without end');
    yield* lines;
  }
  if (rest !== '') yield rest;
}
