// Owns /api/session: a browser shows the token once and gets a cookie in its place. The cookie is sessions.ts's, what it lets
// in access.ts's.
import { Controller, Delete, Get, Header, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { Settings } from '../config/config.module.js';
import { tooManyGuesses } from './access.js';
import { compileAccessPolicy } from './access-policy.js';
import { ApiFailures } from './dto/api-failures.js';
import { LoginDto, SessionDto } from './dto/session.dto.js';
import { RequestError } from './failure.js';
import { GuessLimit } from './guess-limit.js';
import { readJsonBody, readNoProperties } from './json-body.js';
import { readBody } from './request-body.js';
import { SESSION_MS, Sessions } from './sessions.js';

const BODY_FAILURES = {
  413: ['the body must not be larger than 65536 bytes'],
  415: ['content-type must be application/json in UTF-8, not "text/plain"'],
};

@ApiTags('session')
@Controller('api/session')
export class SessionController {
  private readonly tokenMatches: ((given: string) => boolean) | undefined;

  constructor(
    @Inject(Settings) settings: Settings,
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(GuessLimit) private readonly guesses: GuessLimit,
  ) {
    this.tokenMatches = compileAccessPolicy(settings, settings.adminHost).tokenMatches;
  }

  @Get()
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Does this browser have a session?', description: 'Needs no token.' })
  @ApiOkResponse({ type: SessionDto })
  @ApiFailures()
  show(@Req() request: Request): SessionDto {
    return this.view(this.sessions.remaining(request.headers.cookie));
  }

  @Post()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'Begin a session',
    description:
      'The answer sets a cookie (HttpOnly, SameSite=Strict) that lets this browser in as the token would, for 12 hours or until ' +
      'the balancer starts anew. Needs no token but the one in the body.',
  })
  @ApiBody({ type: LoginDto })
  @ApiOkResponse({ type: SessionDto })
  @ApiFailures({
    400: ['token must be a text, but is missing', 'unknown property "x" with the value 1; only token is read'],
    401: ['the token is wrong'],
    409: ['no session is needed: ADMIN_TOKEN is not set'],
    ...BODY_FAILURES,
  })
  async begin(@Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<SessionDto> {
    const { token } = readJsonBody(LoginDto, 'token', request.headers['content-type'], await readBody(request));
    if (!this.tokenMatches) throw new RequestError(409, 'no session is needed: ADMIN_TOKEN is not set');
    this.refuseWrong(token, request.socket.remoteAddress ?? '');
    response.setHeader('Set-Cookie', this.sessions.begin(isSecure(request)));
    return this.view(SESSION_MS);
  }

  @Delete()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'End the session of this browser',
    description:
      'Its cookie lets nobody in any more. Streams that are open go on until they are closed. Needs no token.',
  })
  @ApiOkResponse({ type: SessionDto })
  @ApiFailures({ 400: ['unknown property "x" with the value 1; none is read'], ...BODY_FAILURES })
  async end(@Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<SessionDto> {
    readNoProperties(request.headers['content-type'], await readBody(request));
    response.setHeader('Set-Cookie', this.sessions.end(request.headers.cookie, isSecure(request)));
    return this.view(0);
  }

  /** @throws RequestError 401, 429 */
  private refuseWrong(token: string, peer: string): void {
    const seconds = this.guesses.waitSeconds(peer);
    if (seconds > 0) throw new RequestError(429, tooManyGuesses(seconds).reason, { 'retry-after': String(seconds) });
    if (this.tokenMatches?.(token)) return;
    this.guesses.wrong(peer, token);
    throw new RequestError(401, 'the token is wrong');
  }

  private view(remainingMs: number): SessionDto {
    return { tokenRequired: this.tokenMatches !== undefined, remainingMs: Math.round(remainingMs) };
  }
}

/** Only the page knows whether there is TLS in front of us; its origin tells, and the gate has checked that. */
function isSecure({ headers }: Request): boolean {
  return headers.origin?.startsWith('https://') === true;
}
