// Owns the wait for a world that changes by itself (a process that comes up, a container that dies): looked at again and
// again until it is as it should be. No test sleeps a fixed time.

/** What `look` gives once it neither throws nor rejects; its last failure when `withinMs` have passed. */
export async function eventually<T>(look: () => T | Promise<T>, withinMs = 15_000): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
