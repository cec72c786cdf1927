// The access log and its page in docs/observability.md hold each other: what a line can have is explained, what is explained can be had.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { AccessEntry } from './access-entry.js';
import { JsonFormat } from './json-line.js';
import { LineWriter } from './line-writer.js';

const DOCS = join(import.meta.dirname, '../../../../../docs/observability.md');

/** Everything at once, which no single request has. */
function fullestLine(): object {
  const peer = { peer: '127.0.0.1', peerPort: 1, client: '127.0.0.1' };
  const sender = { ...peer, httpVersion: '1.1', host: 'h', userAgent: 'u', referer: 'r' };
  const entry = new AccessEntry(1, sender, 'GET', '/', 'i');
  entry.tried('Server 1', 3);
  const trace = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), parentId: 'c'.repeat(16), sampled: true };
  Object.assign(entry, { queued: 1, connected: 4, headCame: 5, status: 200, keyLink: 'random', trace, ended: 6 });
  entry.cause = 'mid_stream';
  const format = new JsonFormat((target) => target);
  const bytes = Buffer.alloc(format.roomFor(entry));
  const line = new LineWriter(bytes);
  format.write(line, entry, 0);
  return JSON.parse(bytes.toString('utf8', 0, line.at)) as object;
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
