// Owns a natural logarithm that is the same on every machine: built from + - * alone, which IEEE 754 fixes to the last bit,
// while Math.log may differ between engines. Two balancers must never disagree about a score.

/** As `imul` in mix.ts. */
const { clz32 } = Math;

const TABLE_BITS = 7;
const TABLE_SIZE = 1 << TABLE_BITS;

/** ln by the series of atanh, |z| <= 1/3: slow, for the tables below. */
function seriesLog(x: number): number {
  const z = (x - 1) / (x + 1);
  let power = z;
  let sum = 0;
  for (let n = 1; n < 60; n += 2) {
    sum += power / n;
    power *= z * z;
  }
  return 2 * sum;
}

export const LN2 = seriesLog(2);
const CENTRE = new Float64Array(TABLE_SIZE);
const INVERSE = new Float64Array(TABLE_SIZE);
const CENTRE_LOG = new Float64Array(TABLE_SIZE);
for (let i = 0; i < TABLE_SIZE; i++) {
  CENTRE[i] = 1 + (i + 0.5) / TABLE_SIZE;
  INVERSE[i] = 1 / CENTRE[i];
  CENTRE_LOG[i] = seriesLog(CENTRE[i]);
}
/** 2^-k at index 31 - k. */
const SCALE = Float64Array.from({ length: 33 }, (_, zeros) => 2 ** (zeros - 31));

/** ln(x) for 0.5 <= x < 2^32, within 1e-13: far finer than the step between two 32-bit integers, hence strictly monotone on them. */
export function naturalLog(x: number): number {
  const zeros = clz32(x);
  const mantissa = x * SCALE[zeros];
  const cell = ((mantissa - 1) * TABLE_SIZE) | 0;
  const z = (mantissa - CENTRE[cell]) * INVERSE[cell];
  return (31 - zeros) * LN2 + (CENTRE_LOG[cell] + z * (1 - z * (1 / 2 - z * (1 / 3 - z * (1 / 4 - z / 5)))));
}

const LOG_2_31 = 31 * LN2;

/** An exponential variate of rate 1 from 31 uniform bits: -ln((bits + 0.5) / 2^31). Strictly falling in `bits`. */
export function exponential(bits: number): number {
  return LOG_2_31 - naturalLog(bits + 0.5);
}
