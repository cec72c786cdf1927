// Owns requests that a replica works on for as long as a test wants (replicas/held.mjs), however slow the machine is: begun through
// the balancer, let go past it.
import { join } from 'node:path';
import { type Balancer, eventually } from './harness.js';
import { type Answer, call, replicasOf } from './http-client.js';

/** REPLICA_COMMAND of replicas that hold requests. */
export const HOLDING = `'${process.execPath}' '${join(import.meta.dirname, 'replicas/held.mjs')}'`;

/** What a client gets once it is let go. */
export const LET_GO = { status: 200, json: { message: 'done' } };

export interface HeldRequests {
  /** In a box, or whoever awaits the beginning would wait for the end. */
  readonly answers: Promise<Answer[]>;
}

/** The replicas of a balancer, as they were when it was asked. */
export interface Holders {
  /** Begins so many requests. @returns once replicas work on all of them @param headers for the balancer to choose by */
  readonly hold: (count?: number, headers?: Readonly<Record<string, string>>) => Promise<HeldRequests>;
  /** Has them answered, whatever has become of the balancer. */
  readonly letGo: () => Promise<void>;
}

export async function holdersOf({ dataUrl, adminUrl }: Pick<Balancer, 'dataUrl' | 'adminUrl'>): Promise<Holders> {
  const addresses = (await replicasOf(adminUrl)).flatMap(({ instance }) => instance?.address ?? []);
  const toAll = (method: string, path: string) =>
    Promise.all(addresses.map((address) => call(`http://${address}${path}`, { method })));
  return {
    async hold(count = 1, headers = {}) {
      const answers = Promise.all(Array.from({ length: count }, () => call(`${dataUrl}/held`, { headers })));
      answers.catch(() => undefined); // looked at later
      await eventually(`${count} requests are worked on`, async () => {
        const held = (await toAll('GET', '/holds')).map(({ text }) => Number(text));
        return held.reduce((sum, one) => sum + one, 0) === count ? true : undefined;
      });
      return { answers };
    },
    letGo: async () => void (await toAll('POST', '/release')),
  };
}
