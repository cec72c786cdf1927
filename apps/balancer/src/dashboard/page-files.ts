// Owns the files of the dashboard: read once at the start, so that a request never touches the disk and no path that comes in is
// ever looked up there. What a browser may do with them is dashboard.controller.ts's.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';

export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
  /** Of its content, as an entity tag. */
  readonly tag: string;
}

const PAGE = join(import.meta.dirname, 'page');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
};
/** The chart library is served from where it is installed, as it is. */
const CHARTS = { 'uplot.js': 'uPlot.esm.js', 'uplot.css': 'uPlot.min.css' };

export class PageFiles {
  private constructor(private readonly files: ReadonlyMap<string, PageFile>) {}

  static read(): PageFiles {
    const charts = dirname(createRequire(import.meta.url).resolve('uplot'));
    const own = readdirSync(PAGE).filter((name) => Object.hasOwn(TYPES, extname(name)));
    return new PageFiles(
      new Map([
        ...own.map((name) => [name, pageFile(join(PAGE, name))] as const),
        ...Object.entries(CHARTS).map(([name, source]) => [name, pageFile(join(charts, source))] as const),
      ]),
    );
  }

  get(name: string): PageFile | undefined {
    return this.files.get(name);
  }
}

function pageFile(path: string): PageFile {
  const body = readFileSync(path);
  const tag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return { type: TYPES[extname(path)] ?? 'application/octet-stream', body, tag };
}
