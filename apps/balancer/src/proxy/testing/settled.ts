// Owns letting what is under way between sockets of this process come to rest. Time alone would not do: on a busy machine it passes while
// nothing runs, and a timer that is due goes before what lies unread.
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';

/** For what comes after a while of its own, such as the next look of a poll. */
const WHILE_MS = 20;
/** Bytes take one turn of the event loop from socket to socket. */
const TURNS = 50;

export async function settled(): Promise<void> {
  await delay(WHILE_MS);
  for (let left = TURNS; left > 0; left--) await turn();
}
