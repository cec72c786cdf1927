import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AccessRing } from './access-ring.js';

/** @param spare bytes that are reserved and not used */
function write(ring: AccessRing, text: string, spare = 0): boolean {
  const at = ring.reserve(text.length + spare);
  if (at < 0) return false;
  ring.bytes.write(text, at, 'latin1');
  ring.commit(text.length);
  return true;
}

function readAll(ring: AccessRing): string {
  let text = '';
  for (;;) {
    const bytes = ring.unread();
    text += bytes.toString('latin1');
    const more = ring.goesOn;
    ring.release();
    if (!more) return text;
  }
}

describe('the ring of a lane’s lines', () => {
  it('gives back what was written, in order, wherever a line falls on its end', () => {
    const step = fc.tuple(fc.nat(900), fc.nat(300), fc.nat(4));
    fc.assert(
      fc.property(fc.array(step, { minLength: 100, maxLength: 300 }), (steps) => {
        const ring = AccessRing.create(4096);
        let [written, read, dropped] = ['', '', 0];
        steps.forEach(([length, spare, reads], index) => {
          const line = `${index}${'x'.repeat(length)}\n`;
          if (write(ring, line, spare)) written += line;
          else dropped++;
          if (reads !== 0) return;
          // Whole lines only, whichever way they lie.
          const bytes = ring.unread().toString('latin1');
          expect(bytes).toMatch(/^(\d+x*\n)*$/);
          ring.release();
          read += bytes;
        });
        read += readAll(ring);
        expect(read).toBe(written);
        expect(ring.dropped).toBe(dropped);
      }),
      { numRuns: 300 },
    );
  });

  it('gives back lines that end where it ends', () => {
    const ring = AccessRing.create(4096);
    for (let round = 0; round < 20; round++) {
      const lines = Array.from({ length: 8 }, (_, index) => `${round}.${index}`.padEnd(511, 'x') + '\n');
      for (const line of lines) expect(write(ring, line)).toBe(true);
      expect(write(ring, '\n')).toBe(false);
      expect(readAll(ring)).toBe(lines.join(''));
    }
  });

  it('does not write over what is read, until it is released', () => {
    const ring = AccessRing.create(4096);
    for (let round = 0; round < 50; round++) {
      write(ring, 'first\n');
      const bytes = ring.unread();
      while (write(ring, 'later\n'));
      expect(bytes.toString('latin1')).toBe('first\n');
      ring.release();
      expect(readAll(ring)).toMatch(/^(later\n)+$/);
    }
  });

  it('has room for all its size, wherever the reader has come to', () => {
    const size = 1024 * 1024;
    const ring = AccessRing.create(size);
    for (let round = 0; round < 9; round++) {
      // Each time it begins elsewhere.
      for (let step = 0; step < 700 * round; step++) write(ring, 'x'.repeat(300));
      readAll(ring);
      let held = 0;
      while (write(ring, 'x'.repeat(300), 1000)) held += 300;
      expect(held).toBeGreaterThan(0.99 * size);
      readAll(ring);
    }
  });

  it('goes on counting beyond 2^32 bytes', () => {
    const ring = AccessRing.create(4096);
    // As after 4 GiB, but for a few lines.
    new Int32Array(ring.buffer, 0, 2).fill(-4096);
    for (let step = 0; step < 50; step++) {
      expect(write(ring, `${step}`.padEnd(200))).toBe(true);
      expect(readAll(ring)).toBe(`${step}`.padEnd(200));
    }
  });

  it('holds nothing of a line that was begun and not written', () => {
    const ring = AccessRing.create(4096);
    ring.reserve(4000);
    expect(ring.unread()).toHaveLength(0);
    expect(write(ring, 'line\n')).toBe(true);
    expect(readAll(ring)).toBe('line\n');
  });
});
