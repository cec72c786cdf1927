// Owns what the manager takes from its surroundings besides other rooms: time, chance, the probe and the disk. Tests put
// their own in place; nothing else does.
import { randomBytes } from 'node:crypto';
import { type Clock, systemClock } from './loop/clock.js';
import { writeDurably, type WriteFile } from './state/durable-file.js';
import type { Probe } from './probing/probe.js';
import { probeInstance } from './probing/probe-instance.js';

export class ManagerOptions {
  readonly clock: Clock = systemClock;
  /** 0 to 1; spreads backoffs. */
  readonly random: () => number = Math.random;
  readonly probe: Probe = probeInstance;
  readonly writeFile: WriteFile = writeDurably;
  /** Tells the events of this run of the balancer from those of every other. */
  readonly boot: string = randomBytes(4).toString('hex');
  /** Why this runtime was chosen; for people. */
  readonly runtimeReason?: string;
}
