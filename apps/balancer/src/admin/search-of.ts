// Owns getting at the text of a request's query, which each route reads strictly for itself.
import type { Request } from 'express';

/** Without the question mark; empty when there is none. */
export function searchOf({ originalUrl }: Pick<Request, 'originalUrl'>): string {
  const mark = originalUrl.indexOf('?');
  return mark < 0 ? '' : originalUrl.slice(mark + 1);
}
