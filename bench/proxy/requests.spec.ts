import { describe, expect, it } from '@jest/globals';
import { renewSpan, requestBytes } from './requests.ts';

const text = (...args: Parameters<typeof requestBytes>) => Buffer.from(requestBytes(...args)).toString('latin1');
const GET = { path: '/small', upload: 0, close: false } as const;

describe('a request of the load', () => {
  it('has twelve fields, as a browser’s has', () => {
    const [line, ...fields] = text(GET, 3).split('\r\n');
    expect(line).toBe('GET /small?client=3 HTTP/1.1');
    expect(fields.slice(-2)).toEqual(['', '']);
    expect(fields.slice(0, -2).map((field) => /^[A-Za-z-]+: ./.test(field))).toEqual(Array(12).fill(true));
  });

  it('brings as many bytes as it announces', () => {
    const [head = '', body = ''] = text({ path: '/upload', upload: 1000, close: false }, 0).split('\r\n\r\n');
    expect(head).toContain('POST /upload');
    expect(head).toContain('Content-Length: 1000');
    expect(body).toHaveLength(1000);
  });

  it('differs in its key from client to client, and says when its connection is its own', () => {
    const keys = Array.from({ length: 64 }, (_, client) => /X-Hash-Key: (.*)\r/.exec(text(GET, client))?.[1]);
    expect(new Set(keys).size).toBe(64);
    expect(text({ ...GET, close: true }, 0)).toContain('Connection: close');
  });

  it('is part of a trace from every second client on demand, and another part each time', () => {
    const traced = { ...GET, traced: true };
    const bytes = requestBytes(traced, 1);
    const lines = [1, 255].map((count) => {
      renewSpan(bytes, count);
      return /traceparent: (.*)\r/.exec(Buffer.from(bytes).toString('latin1'))?.[1];
    });
    expect(lines).toEqual([
      '00-4bf92f3577b34da6a3ce929d0e0e4736-000000010ba902b7-01',
      '00-4bf92f3577b34da6a3ce929d0e0e4736-000000ff0ba902b7-01',
    ]);
    const plain = requestBytes(traced, 2);
    renewSpan(plain, 1);
    expect(Buffer.from(plain)).toEqual(Buffer.from(requestBytes(GET, 2)));
  });
});
