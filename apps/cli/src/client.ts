// Owns one call to the admin port: JSON there and back, or text as it comes. Failures are put into words here, once.
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { RefusedError, UnreachableError } from './failures.js';
import type { Target } from './target.js';

export interface Call {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** The answer may take as long as the balancer wants: it waits for replicas. */
  readonly patient?: boolean;
  readonly signal?: AbortSignal;
}

/** Longest silence of a call that waits for nothing; milliseconds. */
const PATIENCE_MS = 15_000;

/** How a bundled server refuses what it does not know, in the form of the balancer's own refusals. */
const REPLICA_SAYS = /endpoint does not exist in server replicas$/;

export class Client {
  /** @param interrupt ends whatever is under way */
  constructor(
    private readonly target: Target,
    private readonly interrupt: AbortSignal,
  ) {}

  get url(): string {
    return this.target.url;
  }

  /** @throws RefusedError with the balancer's own words; UnreachableError */
  async json<T>(path: string, call: Call = {}): Promise<T> {
    const response = await this.open(path, { ...call, headers: { accept: 'application/json', ...call.headers } });
    const text = await this.textOf(response);
    const value = jsonOf(text);
    if (value === undefined) throw this.stranger(`it answered ${response.statusCode} without JSON`);
    return value as T;
  }

  /** The answer as it comes; ends with it, or with the signal. @throws as above; UnreachableError when it is cut off */
  async *text(path: string, call: Call = {}): AsyncGenerator<string> {
    const response = await this.open(path, { ...call, patient: true });
    try {
      for await (const chunk of response.setEncoding('utf8')) yield chunk as string;
    } catch (error) {
      if (this.signalOf(call).aborted) return;
      throw new UnreachableError(`the connection to ${this.url} was lost: ${reasonOf(error)}`);
    }
  }

  private async open(path: string, call: Call): Promise<IncomingMessage> {
    const signal = this.signalOf(call);
    let response: IncomingMessage;
    try {
      const request = this.send(path, call, signal);
      [response] = (await once(request, 'response', { signal })) as [IncomingMessage];
    } catch (error) {
      throw new UnreachableError(`no HashFlow answers at ${this.url}: ${reasonOf(error)}`);
    }
    const status = response.statusCode ?? 0;
    if (status < 400) return response;
    const { message } = (jsonOf(await this.textOf(response)) ?? {}) as { message?: unknown };
    if (typeof message !== 'string') throw this.stranger(`it answered ${status}`);
    if (REPLICA_SAYS.test(message)) throw this.stranger('a replica answered; this is the data port');
    throw new RefusedError(status, message);
  }

  private signalOf({ signal }: Call): AbortSignal {
    return signal ? AbortSignal.any([this.interrupt, signal]) : this.interrupt;
  }

  private send(path: string, call: Call, signal: AbortSignal): ClientRequest {
    const { method = 'GET', body, headers, patient = false } = call;
    const { url, token } = this.target;
    const text = body && JSON.stringify(body);
    const request = (url.startsWith('https:') ? httpsRequest : httpRequest)(`${url}${path}`, {
      method,
      signal,
      agent: false,
      headers: {
        'user-agent': 'hashflow-cli',
        ...headers,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      },
    });
    if (!patient)
      request.setTimeout(PATIENCE_MS, () => request.destroy(new Error(`nothing came for ${PATIENCE_MS / 1000} s`)));
    return request.end(text);
  }

  private async textOf(response: IncomingMessage): Promise<string> {
    try {
      return (await response.setEncoding('utf8').toArray()).join('');
    } catch (error) {
      throw new UnreachableError(`the connection to ${this.url} was lost: ${reasonOf(error)}`);
    }
  }

  private stranger(what: string): UnreachableError {
    return new UnreachableError(`who answers at ${this.url} is no admin port of a HashFlow: ${what}`);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED') return 'the connection was refused';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the name is not known';
  return message || code || 'it broke off';
}
