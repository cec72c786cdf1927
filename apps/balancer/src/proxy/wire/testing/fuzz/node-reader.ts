// Owns the oracle of the parsers: llhttp in strict mode, as node:http uses it, fed without a network and answering at once.
import { createServer, type IncomingMessage } from 'node:http';
import { FedSocket } from './fed-socket.js';

export interface NodeRequest {
  readonly method: string;
  readonly url: string;
  readonly httpVersion: string;
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingMessage['headers'];
  readonly rawTrailers: readonly string[];
  /** Latin-1; as far as it has come. */
  body: string;
  /** Its end has come. */
  readonly complete: boolean;
}

export interface NodeReading {
  /** Whose heads are whole. */
  readonly requests: readonly NodeRequest[];
  /** What it found wrong; then it stopped reading. */
  readonly error: string | undefined;
}

export class NodeReader {
  #requests: NodeRequest[] = [];
  #error: string | undefined;
  readonly #server;

  constructor(maxHeaderSize = 16_384) {
    const server = createServer({ insecureHTTPParser: false, requireHostHeader: false, maxHeaderSize });
    server.maxHeadersCount = 0;
    const take = (request: IncomingMessage) => {
      const taken = Object.assign(request, { body: '' });
      // Where the parser hands over what it found: a stream would tell of it only later.
      request.push = (chunk: Buffer | null) => {
        taken.body += chunk?.toString('latin1') ?? '';
        return true;
      };
      this.#requests.push(taken as unknown as NodeRequest);
    };
    for (const event of ['request', 'checkContinue', 'checkExpectation', 'upgrade', 'connect']) server.on(event, take);
    server.on('clientError', (error: NodeJS.ErrnoException & { reason?: string }) => {
      this.#error ??= `${error.code} ${error.reason ?? error.message}`;
    });
    this.#server = server;
  }

  /** One connection, that is given these pieces one after the other. */
  read(...pieces: readonly Buffer[]): NodeReading {
    const socket = new FedSocket();
    this.#requests = [];
    this.#error = undefined;
    this.#server.emit('connection', socket);
    for (const piece of pieces) if (this.#error === undefined) socket.emit('data', piece);
    const reading = { requests: this.#requests, error: this.#error };
    socket.removeAllListeners('error').on('error', () => {});
    socket.destroy();
    return reading;
  }
}
