// Owns which fields of a request count by their first line only. How fields are found is field-lines.ts's.

/** Node takes the first of these and forgets the others; here that decides only what the key chain sees. */
export const FIRST_COUNTS: ReadonlySet<string> = new Set([
  'age',
  'authorization',
  'content-length',
  'content-type',
  'etag',
  'expires',
  'from',
  'host',
  'if-modified-since',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'referer',
  'retry-after',
  'server',
  'user-agent',
]);
