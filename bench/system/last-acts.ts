// Owns how a benchmark ends when it is broken off: whoever starts something that would go on without it, or leaves files, says here how
// that is ended. A second signal does not wait for it.
const acts = new Set<() => Promise<void>>();
let listening = false;

/** @param act is run at SIGINT and SIGTERM, with all others; then this process ends @returns takes it back */
export function lastAct(act: () => Promise<void>): () => void {
  if (!listening) {
    listening = true;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void breakOff());
  }
  acts.add(act);
  return () => void acts.delete(act);
}

async function breakOff(): Promise<void> {
  await Promise.allSettled([...acts].map((act) => act()));
  process.exit(1);
}
