// Owns the one clock of a drill: monotonic, and the same in every process of this machine, the replicas' too.

/** Milliseconds, with fractions. */
export function monotonic(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
