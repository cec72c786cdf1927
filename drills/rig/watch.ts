// Owns looking at /api/replicas all the time: when each replica was seen in which state, and how sharp that is. What the
// times mean is evidence/'s.
import http from 'node:http';
import type { ReplicaView } from '../../apps/balancer/src/orchestrator/views/replica-view.ts';
import { monotonic, pause } from './clock.ts';

/** Milliseconds between two looks, on top of the time that a look takes. */
const GAP_MS = 10;
const LOOK_MS = 2_000;

/** A replica as it is from `at` on, by the first look that saw it so. */
export interface Sighting {
  /** Milliseconds of the machine's monotonic clock. */
  readonly at: number;
  readonly name: string;
  /** A state of /api/replicas; `gone`: no member; `unseen`: control does not answer. */
  readonly state: ReplicaView['state'] | 'gone' | 'unseen';
  readonly instance: string | null;
}

export interface Watching {
  readonly sightings: readonly Sighting[];
  /** Median time between two looks. */
  readonly resolutionMs: number;
}

/** @param adminUrl asked each time: another control may answer elsewhere */
export function watch(adminUrl: () => string): { stop(): Promise<Watching> } {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const sightings: Sighting[] = [];
  const last = new Map<string, Sighting>();
  const gaps: number[] = [];
  let running = true;
  let lookedAt = monotonic();

  const see = (sighting: Sighting) => {
    const before = last.get(sighting.name);
    if (before?.state === sighting.state && before.instance === sighting.instance) return;
    last.set(sighting.name, sighting);
    sightings.push(sighting);
  };
  const look = async () => {
    const replicas = await lookAt(adminUrl(), agent);
    const at = monotonic();
    gaps.push(at - lookedAt);
    lookedAt = at;
    for (const { name, state, instance } of replicas ?? []) see({ at, name, state, instance: instance?.id ?? null });
    for (const { name, instance } of last.values()) {
      if (!replicas) {
        if (last.get(name)?.state !== 'gone') see({ at, name, state: 'unseen', instance });
      } else if (!replicas.some((replica) => replica.name === name)) see({ at, name, state: 'gone', instance: null });
    }
  };
  const done = (async () => {
    while (running) {
      await look();
      await pause(GAP_MS);
    }
    agent.destroy();
  })();
  return {
    async stop() {
      running = false;
      await done;
      gaps.sort((a, b) => a - b);
      return { sightings, resolutionMs: gaps[gaps.length >> 1] ?? NaN };
    },
  };
}

/** undefined: control does not answer. */
function lookAt(adminUrl: string, agent: http.Agent): Promise<ReplicaView[] | undefined> {
  return new Promise((resolve) => {
    const request = http.get(`${adminUrl}/api/replicas`, { agent, timeout: LOOK_MS }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('error', () => resolve(undefined));
      response.on('end', () => {
        if (response.statusCode === 200) resolve((JSON.parse(text) as { replicas: ReplicaView[] }).replicas);
        else resolve(undefined);
      });
    });
    request.on('timeout', () => request.destroy(new Error('late')));
    request.on('error', () => resolve(undefined));
  });
}
