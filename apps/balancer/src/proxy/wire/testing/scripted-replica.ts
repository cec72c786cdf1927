// Owns a replica that answers in every legal way, by path, and keeps each request as it saw it.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { textOf } from './legal-request.js';

export interface SeenByReplica {
  readonly method: string;
  readonly target: string;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  readonly rawTrailers: readonly string[];
  /** Bytes and SHA-1. */
  readonly body: string;
}

export interface ScriptedReplica {
  readonly port: number;
  readonly seen: SeenByReplica[];
  close(): Promise<void>;
}

export async function startScriptedReplica(): Promise<ScriptedReplica> {
  const seen: SeenByReplica[] = [];
  const server = createServer({ requireHostHeader: false }, (request, response) => {
    void bodyOf(request).then(
      (body) => {
        const { method = '', url: target = '', rawHeaders, rawTrailers } = request;
        seen.push({ method, target, rawHeaders, rawTrailers, body });
        // So that answers can be compared to the byte.
        response.sendDate = false;
        answer(new URL(target, 'http://replica').pathname.split('/').slice(1), request, response);
      },
      () => {},
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Bytes and SHA-1 of a Latin-1 text. */
export function digestOf(text: string): string {
  return `${text.length} ${createHash('sha1').update(text, 'latin1').digest('hex')}`;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return digestOf(Buffer.concat(chunks).toString('latin1'));
}

function answer([kind, detail = '']: readonly string[], request: IncomingMessage, response: ServerResponse): void {
  const body = Buffer.from(textOf(Number(detail) || 0), 'latin1');
  switch (kind) {
    case 'status':
      response.writeHead(Number(detail), { 'Content-Type': 'text/plain', 'X-Status': detail });
      response.end(`status ${detail}`);
      break;
    case 'bare':
      response.writeHead(Number(detail), { ETag: '"x"' }).end();
      break;
    case 'length':
      response.writeHead(200, { 'Content-Length': body.length }).end(body);
      break;
    case 'chunked':
      response.writeHead(200);
      response.write(body.subarray(0, body.length / 2));
      response.end(body.subarray(body.length / 2));
      break;
    case 'close':
      response.useChunkedEncodingByDefault = false;
      response.shouldKeepAlive = false;
      response.writeHead(200);
      response.end(body);
      break;
    case 'hints':
      response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
      response.end('hinted');
      break;
    case 'processing':
      response.writeProcessing();
      response.end('processed');
      break;
    case 'trailers':
      response.writeHead(200, { Trailer: 'X-Sum' });
      response.write('body');
      response.addTrailers({ 'X-Sum': '42', 'X-Other': 'a b' });
      response.end();
      break;
    case 'fields':
      response.writeHead(200, [
        ...[
          'Set-Cookie',
          'a=1; Path=/',
          'X-A',
          '1',
          'set-cookie',
          'b=2',
          'x-a',
          '2',
          'X-Empty',
          '',
          'X-8bit',
          '\xe4\xff',
        ],
        ...['Vary', 'Accept', 'Vary', 'Cookie', 'X-Hop', '1', 'Connection', 'X-Hop', 'X-Blank', 'a \t b'],
      ]);
      response.end('fields');
      break;
    case 'reason':
      response.writeHead(200, 'As (good) as it gets; quite fine');
      response.end('reason');
      break;
    default:
      response.writeHead(200, { 'Content-Type': 'text/plain' });
      response.end(`echo of ${request.method}`);
  }
}
