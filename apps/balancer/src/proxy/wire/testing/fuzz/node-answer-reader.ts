// Owns the oracle of the answer parsers: llhttp in strict mode, as the client of node:http uses it, fed without a network.
import { type ClientRequest, type IncomingMessage, type InformationEvent, request } from 'node:http';
import { FedSocket } from './fed-socket.js';

export interface NodeAnswer {
  readonly statusCode: number;
  readonly httpVersion: string;
  readonly rawHeaders: readonly string[];
  /** Latin-1; as far as it has come. */
  body: string;
  /** Its end has come. */
  readonly complete: boolean;
}

export interface NodeAnswerReading {
  /** Heads before the final one. */
  readonly information: readonly Pick<InformationEvent, 'statusCode' | 'rawHeaders'>[];
  /** The final one, once its head is whole. */
  readonly answer: NodeAnswer | undefined;
  /** What it found wrong; then it stopped reading. */
  readonly error: string | undefined;
  /** The answer leaves the connection open, as far as its head says. */
  readonly keepAlive: boolean;
}

/**
 * One connection on which this was asked, that is given these pieces one after the other.
 * @param ends the connection ends after them
 */
export async function readAnswer(method: string, pieces: readonly Buffer[], ends: boolean): Promise<NodeAnswerReading> {
  const socket = new FedSocket();
  const asked = request({ method, host: 'a', createConnection: () => socket, insecureHTTPParser: false });
  // As an agent would have it that uses connections again.
  asked.shouldKeepAlive = true;
  const information: InformationEvent[] = [];
  let answer: NodeAnswer | undefined;
  let error: string | undefined;
  asked.on('information', (event) => void information.push(event));
  asked.on('response', (response) => (answer = taken(response)));
  asked.on('upgrade', (response) => (answer = taken(response)));
  asked.on('connect', (response) => (answer = taken(response)));
  asked.on('error', (problem: NodeJS.ErrnoException) => (error ??= problem.code ?? problem.message));
  asked.end();
  // The request is given its socket a tick later.
  await new Promise<void>((resolve) => asked.once('socket', () => process.nextTick(resolve)));
  for (const piece of pieces) if (error === undefined) socket.emit('data', piece);
  if (ends && error === undefined) socket.emit('end');
  const reading = { information, answer, error, keepAlive: asked.shouldKeepAlive };
  end(asked, socket);
  return reading;
}

/** Where the parser hands over what it found: a stream would tell of it only later. */
function taken(response: IncomingMessage): NodeAnswer {
  const answer = Object.assign(response, { body: '' });
  response.push = (chunk: Buffer | null) => {
    answer.body += chunk?.toString('latin1') ?? '';
    return true;
  };
  response.on('error', () => {});
  return answer as unknown as NodeAnswer;
}

function end(asked: ClientRequest, socket: FedSocket): void {
  asked.removeAllListeners('error').on('error', () => {});
  socket.on('error', () => {});
  asked.destroy();
  socket.destroy();
}
