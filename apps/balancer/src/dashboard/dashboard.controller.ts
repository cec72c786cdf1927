// Owns /dashboard: which file answers, and what a browser may do with it. The files are page-files.ts's; the data that the page
// shows comes from the admin room's API, which asks for the token. Here is nothing of the pool, so nothing is asked for.
import { Controller, Get, Inject, NotFoundException, Param, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { type PageFile, PageFiles } from './page-files.js';

const INDEX = 'index.html';

/** No inline script or style, nothing from elsewhere, and no text that becomes markup. */
const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

@ApiTags('view')
@Controller('dashboard')
export class DashboardController {
  constructor(@Inject(PageFiles) private readonly files: PageFiles) {}

  @Get()
  @ApiOperation({
    summary: 'The dashboard, for browsers',
    description: 'Asks for no token itself; what it shows comes from the routes here, which do.',
  })
  @ApiProduces('text/html')
  @ApiResponse({ status: 200, description: 'The page.', content: { 'text/html': { schema: { type: 'string' } } } })
  @ApiResponse({ status: 403, description: 'The client is not in ADMIN_ALLOW.' })
  index(@Req() request: Request, @Res() response: Response): void {
    this.answer(INDEX, request, response);
  }

  @Get(':file')
  @ApiOperation({ summary: 'A script, a style or a picture of the dashboard' })
  @ApiParam({ name: 'file', type: String, example: 'main.js' })
  @ApiProduces('text/javascript', 'text/css', 'image/svg+xml')
  @ApiResponse({ status: 200, description: 'The file; 304 when the browser has it.' })
  @ApiResponse({ status: 403, description: 'The client is not in ADMIN_ALLOW.' })
  @ApiResponse({ status: 404, description: 'The dashboard has no such file.' })
  file(@Param('file') name: string, @Req() request: Request, @Res() response: Response): void {
    if (name === INDEX) throw new NotFoundException(); // one address for one page
    this.answer(name, request, response);
  }

  private answer(name: string, request: Request, response: Response): void {
    const file = this.files.get(name);
    if (!file) throw new NotFoundException();
    response.setHeader('Content-Security-Policy', CONTENT_POLICY);
    response.setHeader('Cache-Control', 'no-cache'); // kept, and asked about each time: an upgrade shows at once
    response.setHeader('ETag', file.tag);
    if (request.headers['if-none-match'] === file.tag) {
      response.status(304).end();
      return;
    }
    send(file, response);
  }
}

function send({ type, body }: PageFile, response: Response): void {
  response.setHeader('Content-Type', type);
  response.end(body); // of a HEAD the server drops it by itself
}
