// Owns the few statistics that the specs need. Not part of the library.

/**
 * Chi-square statistic as a standard normal deviate (Wilson and Hilferty), good far into the tail. Beyond 4.75 a fair
 * division would come with a probability below 1e-6.
 */
export function chiSquareDeviate(observed: ArrayLike<number>, expected: ArrayLike<number>): number {
  let statistic = 0;
  for (let k = 0; k < observed.length; k++) statistic += (observed[k] - expected[k]) ** 2 / expected[k];
  const freedom = observed.length - 1;
  const spread = 2 / (9 * freedom);
  return (Math.cbrt(statistic / freedom) - (1 - spread)) / Math.sqrt(spread);
}

export const ONE_IN_A_MILLION = 4.75;

/** Standard deviation over mean. */
export function variation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2))) / centre;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
