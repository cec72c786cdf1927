// Owns the channel over a message port: between the main thread of the data process and a worker thread. Both are our own
// code, so nothing is validated here; the wall stands at the socket (data-messages.ts).
import type { Worker, MessagePort } from 'node:worker_threads';
import type { Channel } from './channel.js';

/** @param port the worker on the main thread, `parentPort` in the worker */
export function portChannel<Out, In>(port: Worker | MessagePort): Channel<Out, In> {
  let closed = false;
  let reason: Error | undefined;
  const listeners: ((reason?: Error) => void)[] = [];
  const end = (error?: Error) => {
    if (closed) return;
    [closed, reason] = [true, error];
    for (const listener of listeners.splice(0)) listener(error);
  };
  port.on('error', (error: Error) => end(error));
  port.on('messageerror', (error: Error) => end(error));
  if ('threadId' in port) port.on('exit', (code) => end(new Error(`the worker thread ended with code ${code}`)));
  else port.on('close', () => end());
  return {
    send(message) {
      if (!closed) port.postMessage(message);
    },
    onMessage(listener) {
      port.on('message', listener);
    },
    onClose(listener) {
      if (closed) queueMicrotask(() => listener(reason));
      else listeners.push(listener);
    },
    close() {
      if ('threadId' in port) void port.terminate();
      else port.close();
    },
  };
}
