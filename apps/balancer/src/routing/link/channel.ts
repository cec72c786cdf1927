// Owns the shape of a two-way message pipe. The Unix socket and the in-memory pair implement it; the meaning of the
// messages is messages.ts's.

/** Ordered, reliable while open. `send` on a closed channel is ignored: the other side is gone and learns it by `onClose`. */
export interface Channel<Out, In> {
  send(message: Out): void;
  onMessage(listener: (message: In) => void): void;
  /** Called once, also when the channel was closed before the call. */
  onClose(listener: (reason?: Error) => void): void;
  close(): void;
}
