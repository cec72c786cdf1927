// Server-sent events out of pieces: the same frames however the connection cuts them.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Frame, FrameReader } from './event-frames.js';

const STREAM =
  'retry: 1000\nid: b-1\nevent: hello\ndata: {"position":"b-1"}\n\n: still here\nid: b-4\n\n' +
  'id: b-5\r\nevent: ready\r\ndata: {"replica":"Server 1"}\r\n\r\ndata: one\ndata:two\n\nevent: lost\ndata: half';

describe('the reader of events', () => {
  it('finds the same frames wherever the text is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(STREAM.length)), (cuts) => {
        const reader = new FrameReader();
        const places = [...new Set([0, ...cuts, STREAM.length])].sort((a, b) => a - b);
        const frames = places.flatMap((place, i) => reader.push(STREAM.slice(place, places[i + 1])));
        expect(frames).toEqual([
          { event: 'hello', data: '{"position":"b-1"}' },
          { event: 'ready', data: '{"replica":"Server 1"}' },
          { event: 'message', data: 'one\ntwo' },
        ] satisfies Frame[]);
        expect(reader.lastId).toBe('b-5');
      }),
    );
  });

  it('goes on from where a comment said that the reader stands', () => {
    const reader = new FrameReader();
    expect(reader.push(': still here\nid: b-9\n\n')).toEqual([]);
    expect(reader.lastId).toBe('b-9');
  });
});
