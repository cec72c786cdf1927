import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Sender } from '../access-log/access-entry.js';
import { entryOf } from './logged-head.js';
import { RepeatedFields } from './repeated-fields.js';
import { RequestHeadReader } from './request-head.js';

const rules = { preserveHost: true, trace: true, addsPeer: true, requestId: true };

describe('what the access log takes from a head', () => {
  it('is the same whether its fields are new or known, of the field that counts, and nothing else', () => {
    const value = fc.string({ unit: fc.constantFrom(...'aZ09 "\\/?=&;\u00e9\u00ff~') }).map((one) => one.trim());
    const head = fc.record({
      targets: fc.array(value, { minLength: 1, maxLength: 4 }),
      host: fc.domain(),
      agents: fc.array(value, { maxLength: 3 }),
      referer: value,
      given: fc.option(fc.constant('ours'), { nil: undefined }),
    });
    fc.assert(
      fc.property(head, ({ targets, host, agents, referer, given }) => {
        const reader = new RequestHeadReader({ ...rules, maxHead: 65_536, maxFields: 100 });
        const repeated = new RepeatedFields();
        const fields =
          `Authorization: HUSH\r\nHost: ${host}\r\nCookie: HUSH\r\n` +
          `${agents.map((agent) => `User-Agent: ${agent}\r\n`).join('')}Referer: ${referer}\r\nX-Request-Id: r-1\r\n\r\n`;
        for (const target of targets) {
          const path = `/${encodeURI(target)}`;
          const bytes = Buffer.from(`GET ${path} HTTP/1.1\r\n${fields}HUSH`, 'latin1');
          expect(reader.read(bytes, false, repeated.fields)).toBe('plain');
          repeated.note(reader);
          const known = { peer: '::1', peerPort: 1, client: '::2' };
          const log = { repeated: (sender: Sender) => Buffer.from(JSON.stringify(sender)) };
          const entry = entryOf(reader, known, given, log, 7);
          const { repeated: written, ...said } = entry.sender;
          const sender = { ...known, httpVersion: '1.1', host, userAgent: agents[0], referer };
          expect(said).toEqual(sender);
          expect(written !== undefined).toBe(reader.recognised !== undefined);
          if (written) expect(JSON.parse(Buffer.from(written).toString())).toEqual(JSON.parse(JSON.stringify(sender)));
          expect(entry).toMatchObject({ began: 7, method: 'GET', target: path, requestId: given ?? 'r-1' });
        }
      }),
    );
  });
});
