// The logarithm that decides between members of unequal weight must be right, monotone and the same everywhere.
import fc from 'fast-check';
import { exponential, naturalLog } from './logarithm.js';

const anyDraw = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 31 - 2 }),
  fc
    .nat(30)
    .chain((power) =>
      fc.integer({ min: -3, max: 3 }).map((offset) => Math.min(Math.max(2 ** power + offset, 0), 2 ** 31 - 2)),
    ),
);

describe('the logarithm', () => {
  it('agrees with Math.log to 1e-13 over its whole range', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.5, max: 2 ** 31, noNaN: true }), (x) => {
        expect(Math.abs(naturalLog(x) - Math.log(x))).toBeLessThan(1e-13);
      }),
      { numRuns: 2000 },
    );
  });

  it('falls strictly from draw to draw, so equal weights never tie where draws differ', () => {
    fc.assert(
      fc.property(anyDraw, fc.double({ min: 1e-6, max: 1000, noNaN: true }), (bits, weight) => {
        expect(exponential(bits)).toBeGreaterThan(exponential(bits + 1));
        expect(exponential(bits) * (1 / weight)).toBeGreaterThan(exponential(bits + 1) * (1 / weight));
      }),
      { numRuns: 5000 },
    );
  });

  it('is at least 1 - u, the bound that spares most logarithms', () => {
    fc.assert(
      fc.property(anyDraw, (bits) => {
        expect(exponential(bits)).toBeGreaterThan((2 ** 31 - 1 - bits) * 2 ** -31);
      }),
      { numRuns: 2000 },
    );
  });

  it('is positive and finite at both ends', () => {
    expect(exponential(2 ** 31 - 1)).toBeCloseTo(2 ** -32, 14);
    expect(exponential(0)).toBeCloseTo(32 * Math.LN2, 12);
  });

  it('has the same bits on every machine', () => {
    const bits = (value: number) => Buffer.from(Float64Array.of(value).buffer).readBigUInt64LE().toString(16);
    expect([0, 1, 12345, 2 ** 20, 2 ** 30 + 7, 2 ** 31 - 1].map((draw) => bits(exponential(draw))))
      .toMatchInlineSnapshot(`
      [
        "40362e42fefa39ed",
        "40351504574f69bd",
        "4028220e58564684",
        "401e7f9bfe981028",
        "3fe62e42fb3a3a00",
        "3df0000000000000",
      ]
    `);
  });
});
