// The access log and its page in docs/observability.md hold each other: what a line can have is explained, what is explained can be had.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { AccessEntry } from './access-entry.js';
import { jsonLine } from './json-line.js';

const DOCS = join(import.meta.dirname, '../../../../../docs/observability.md');

/** Everything at once, which no single request has. */
function fullestLine(): object {
  const entry = new AccessEntry(1, {
    method: 'GET',
    target: '/',
    httpVersion: '1.1',
    host: 'h',
    peer: '127.0.0.1',
    peerPort: 1,
    client: '127.0.0.1',
    userAgent: 'u',
    referer: 'r',
    requestId: 'i',
  });
  entry.tried('Server 1', 3);
  const trace = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), parentId: 'c'.repeat(16), sampled: true };
  Object.assign(entry, { queued: 1, connected: 4, headCame: 5, status: 200, keyLink: 'random', trace });
  entry.cause = 'mid_stream';
  return JSON.parse(jsonLine(entry, (target) => target, 0, 6)) as object;
}

function fieldsOf(value: object, prefix = ''): string[] {
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) =>
    typeof inner === 'object' && inner !== null ? fieldsOf(inner, `${prefix}${name}.`) : [`${prefix}${name}`],
  );
}

it('has exactly the fields that docs/observability.md explains', () => {
  const page = readFileSync(DOCS, 'utf8');
  const chapter = page.slice(page.indexOf('\n## Access log'), page.indexOf('\n## Traces'));
  const explained = [...chapter.matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(([, names = '']) =>
    [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  );
  expect(explained.length).toBeGreaterThan(25);
  expect(explained.sort()).toEqual(fieldsOf(fullestLine()).sort());
});
