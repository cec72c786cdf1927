// Owns what has to be done when a benchmark is broken off: whoever starts something that would go on without it says here how it is
// ended, without waiting for anything.
const acts = new Set<() => void>();
let listening = false;

/** @param act is run when this process ends, by SIGINT and SIGTERM too @returns takes it back */
export function lastAct(act: () => void): () => void {
  if (!listening) {
    listening = true;
    process.once('exit', () => acts.forEach((one) => one()));
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  }
  acts.add(act);
  return () => void acts.delete(act);
}
