import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ENDS } from '../traffic/ends.js';
import { Trace } from '../message/trace-context.js';
import { AccessEntry, type EntryFacts } from './access-entry.js';
import { type AccessRecord, LONGEST_RECORD, pack } from './access-record.js';
import { AccessRing } from './access-ring.js';
import { combinedLine } from './combined-line.js';
import { jsonLine } from './json-line.js';

const mask = (target: string) => target.replace(/=.*/, '=***');

const text = fc.option(
  fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.nat(5000).map((length) => 'x'.repeat(length)),
    fc.nat(5000).map((length) => '\u{1f600}'.repeat(length)),
  ),
  { nil: undefined },
);
const facts: fc.Arbitrary<EntryFacts> = fc.record({
  method: fc.option(fc.constantFrom('GET', 'M-SEARCH'), { nil: undefined }),
  target: text,
  httpVersion: fc.option(fc.constantFrom('1.0', '1.1'), { nil: undefined }),
  host: text,
  peer: text,
  peerPort: fc.option(fc.nat(65_535), { nil: undefined }),
  client: text,
  userAgent: text,
  referer: text,
  requestId: text,
});
const time = fc.double({ min: 0, max: 1e9, noNaN: true });
const trace = fc
  .tuple(fc.constantFrom('00', '01'), fc.option(fc.constant('00f067aa0ba902b7'), { nil: undefined }))
  .map(([flags, parent]) => new Trace(`traceparent: 00-${'a'.repeat(32)}-${'b'.repeat(16)}-${flags}\r\n`, parent));

function record(someFacts: fc.Arbitrary<EntryFacts>): fc.Arbitrary<AccessRecord> {
  return fc
    .record({
      facts: someFacts,
      time: fc.nat(4e12),
      ended: time,
      entry: fc.record({
        attempts: fc.nat(10),
        replica: text,
        keyLink: text,
        trace: fc.option(trace, { nil: undefined }),
        status: fc.integer({ min: 100, max: 599 }),
        cause: fc.constantFrom(undefined, ...ENDS.flatMap(({ cause }) => (cause === '' ? [] : [cause]))),
        received: fc.nat(),
        sent: fc.maxSafeNat(),
        queued: time,
        tryBegan: time,
        connected: time,
        headCame: time,
      }),
      began: time,
    })
    .map(({ facts, entry, began, time, ended }) => ({
      entry: Object.assign(new AccessEntry(began, facts), entry),
      time,
      ended,
    }));
}

const linesOf = ({ entry, time, ended }: AccessRecord) => [
  jsonLine(entry, mask, time, ended),
  combinedLine(entry, mask, time),
];

function readAll(ring: AccessRing, most = Infinity): string[][] {
  const read: string[][] = [];
  ring.release(ring.read((one) => read.push(linesOf(one)) < most));
  return read;
}

describe('a record of the access log', () => {
  it('makes the line that its request would have made, whatever is in it', () => {
    fc.assert(
      fc.property(record(facts), (one) => {
        const ring = AccessRing.create(256 * 1024);
        expect(ring.write(one.entry, one.time, one.ended)).toBeGreaterThan(0);
        const { facts } = one.entry;
        const packed = Object.assign(new AccessEntry(one.entry.began, facts), {
          ...one.entry,
          facts: { ...facts, packed: pack(facts) },
        });
        expect(ring.write(packed, one.time, one.ended)).toBeGreaterThan(0);
        expect(readAll(ring)).toEqual([linesOf(one), linesOf(one)]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the ring of a lane’s records', () => {
  const small = (target: string) => ({
    entry: new AccessEntry(0, { method: 'GET', target, host: 'a'.repeat(target.length) } as EntryFacts),
    time: 0,
    ended: 1,
  });

  const writeSmall = (ring: AccessRing, target: string) => {
    const { entry, time, ended } = small(target);
    return ring.write(entry, time, ended);
  };

  it('gives back what was written, in order, wherever a record falls on its end', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(900), fc.nat(4)), { minLength: 100, maxLength: 300 }), (steps) => {
        const ring = AccessRing.create(4096);
        const written: string[][] = [];
        const read: string[][] = [];
        let dropped = 0;
        steps.forEach(([length, reads], step) => {
          const one = small(`/${step}${'x'.repeat(length)}`);
          if (ring.write(one.entry, one.time, one.ended) > 0) written.push(linesOf(one));
          else dropped++;
          if (reads === 0) read.push(...readAll(ring, 1 + (step % 3)));
        });
        while (!ring.empty) read.push(...readAll(ring));
        expect(read).toEqual(written);
        expect(ring.dropped).toBe(dropped);
      }),
    );
  });

  it('has room for all its size, wherever the reader has come to', () => {
    const size = 1024 * 1024;
    const ring = AccessRing.create(size);
    for (let round = 0; round < 9; round++) {
      readAll(ring);
      // Each time it begins elsewhere.
      for (let step = 0; step < 700 * round; step++) writeSmall(ring, '/');
      readAll(ring);
      let held = 0;
      for (let took = writeSmall(ring, '/'); took > 0; took = writeSmall(ring, '/')) held += took;
      expect(held).toBeGreaterThan(0.99 * size);
    }
  });

  it('goes on counting beyond 2^32 bytes', () => {
    const ring = AccessRing.create(4096);
    // As after 4 GiB, but for a few records.
    new Int32Array(ring.buffer, 0, 2).fill(-4096);
    for (let step = 0; step < 50; step++) {
      expect(writeSmall(ring, `/${step}`)).toBeGreaterThan(0);
      expect(readAll(ring)).toEqual([linesOf(small(`/${step}`))]);
    }
  });

  it('holds nothing any more of what was released', () => {
    const ring = AccessRing.create(4096);
    for (let step = 0; step < 50; step++) {
      writeSmall(ring, 'HUSH');
      readAll(ring);
      expect(Buffer.from(ring.buffer).includes('HUSH')).toBe(false);
    }
  });

  it('has room for the longest record there can be', () => {
    const long = '\u{1f600}'.repeat(5000);
    const longFacts = { method: long, target: long, httpVersion: long, host: long, peer: long, peerPort: 1 };
    const entry = new AccessEntry(0, {
      ...longFacts,
      client: `${long}.`,
      userAgent: long,
      referer: long,
      requestId: long,
    });
    Object.assign(entry, { replica: long, keyLink: long, trace: new Trace(long, long) });
    const took = AccessRing.create(256 * 1024).write(entry, 0, 0);
    expect(took).toBeGreaterThan(0);
    expect(took).toBeLessThanOrEqual(LONGEST_RECORD);
  });
});
