// Owns the three classic routes as they come in on the data port: which requests they are, and the way to control and back.
// Control decides and answers; what travels beside the command is the socket's peer, which no client can write.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { plainAddress } from '../../config/networks.js';
import type { ClassicAnswer, ClassicRequest } from '../../routing/link/messages.js';
import { answerCause, sendAnswer } from './answers.js';
import type { Cause } from './causes.js';
import type { RequestHead } from '../message/head.js';
import { REQUEST_ID_FIELD } from '../message/request-id.js';

const ROUTES: ReadonlyMap<string, Pick<ClassicRequest, 'method' | 'path'>> = new Map([
  ['GET /rep', { method: 'GET', path: '/rep' }],
  ['POST /add', { method: 'POST', path: '/add' }],
  ['DELETE /rm', { method: 'DELETE', path: '/rm' }],
]);
/** Asked of every request. */
const MAY_BE = /^\/(?:rep|add|rm)(?:\?|$)/;
const MAX_BODY = 64 * 1024;
const MAX_OPEN = 64;

export type ClassicRoute = Pick<ClassicRequest, 'method' | 'path' | 'search'>;

/** Exactly these, byte by byte: `/%61dd`, `//add` and `/add/` are paths like any other. */
export function classicRoute({ method, target }: Pick<RequestHead, 'method' | 'target'>): ClassicRoute | undefined {
  if (!MAY_BE.test(target)) return undefined;
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const route = ROUTES.get(`${method} ${path}`);
  return route && { ...route, search: mark < 0 ? '' : target.slice(mark) };
}

export interface ClassicRoutesOptions {
  /** Longest time for the body to arrive, in milliseconds. */
  readonly bodyTimeout: number;
  ask(id: number, request: ClassicRequest): void;
}

export class ClassicRoutes {
  #lastId = 0;
  readonly #open = new Map<number, (answer: ClassicAnswer | undefined) => void>();

  constructor(private readonly options: ClassicRoutesOptions) {}

  /** @param expectsContinue the client waits for 100 Continue @param requestId told in the answer */
  async serve(
    route: ClassicRoute,
    request: IncomingMessage,
    response: ServerResponse,
    head: RequestHead,
    expectsContinue: boolean,
    requestId: string | undefined,
  ): Promise<void> {
    const { headers } = request;
    const refuse = (cause: Cause) => answerCause(request, response, cause, requestId);
    if (this.#open.size >= MAX_OPEN) return refuse('admin_busy');
    if (head.length > MAX_BODY) return refuse('body_too_large');
    if (expectsContinue) response.writeContinue();
    const body = await readBody(request, this.options.bodyTimeout);
    if (body === undefined) return;
    if ('refusal' in body) return refuse(body.refusal);
    const answer = await this.#ask(response, {
      ...route,
      peer: plainAddress(request.socket.remoteAddress ?? ''),
      headers: {
        host: head.host,
        origin: headers.origin,
        fetchSite: headers['sec-fetch-site']?.toString(),
        authorization: headers.authorization,
        contentType: headers['content-type'],
        forwarded: Object.keys(headers).some((name) => /^(?:x-forwarded-.*|forwarded|via)$/.test(name)),
      },
      body: body.text,
    });
    if (!answer) return refuse('control_away');
    const fields = Object.entries(answer.headers).flat();
    if (requestId !== undefined) fields.push(REQUEST_ID_FIELD, requestId);
    sendAnswer(request, response, { ...answer, fields }, false);
  }

  /** undefined: control is away, or went away before it answered. */
  receive(id: number, answer: ClassicAnswer | undefined): void {
    this.#open.get(id)?.(answer);
  }

  #ask(response: ServerResponse, request: ClassicRequest): Promise<ClassicAnswer | undefined> {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      const settle = (answer: ClassicAnswer | undefined) => {
        this.#open.delete(id);
        resolve(answer);
      };
      this.#open.set(id, settle);
      response.once('close', () => settle(undefined));
      this.options.ask(id, request);
    });
  }
}

/** undefined: the client went away. */
function readBody(
  request: IncomingMessage,
  timeout: number,
): Promise<{ text: string } | { refusal: Cause } | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const settle = (result: { text: string } | { refusal: Cause } | undefined) => {
      clearTimeout(timer);
      request.off('data', take);
      resolve(result);
    };
    const take = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_BODY) settle({ refusal: 'body_too_large' });
      else chunks.push(chunk);
    };
    const timer = setTimeout(() => settle({ refusal: 'request_timeout' }), timeout);
    request.on('data', take);
    request.once('end', () => settle({ text: Buffer.concat(chunks).toString('utf8') }));
    request.once('error', () => settle(undefined));
    request.once('close', () => settle(undefined));
  });
}
