// Owns who listens to a runtime's hints. What a hint means is the port's.
import type { RuntimeHint } from './replica-runtime.js';

export class Hints {
  private readonly listeners = new Set<(hint: RuntimeHint) => void>();

  get watched(): boolean {
    return this.listeners.size > 0;
  }

  add(listener: (hint: RuntimeHint) => void): () => void {
    // One function may be subscribed twice: each subscription ends on its own.
    const own = (hint: RuntimeHint) => listener(hint);
    this.listeners.add(own);
    return () => this.listeners.delete(own);
  }

  emit(hint: RuntimeHint): void {
    for (const listener of this.listeners) listener(hint);
  }

  clear(): void {
    this.listeners.clear();
  }
}
