// Owns a data plane in front of a replica that keeps what it is sent.
import { type InlinePlane, startInlinePlane } from '../../testing/inline-plane.js';
import type { LaneName } from '../../testing/lanes.js';
import { type RecordingReplica, startRecordingReplica } from './recording-replica.js';

/** Turns of the event loop that a claim may outlive what the client sees. Bounded: one that leaks must fail its test, and no other. */
const MOST_TURNS = 20_000;

export interface RecordedPlane {
  readonly plane: InlinePlane;
  readonly replica: RecordingReplica;
  /** Requests that the replica has answered. */
  answered(): number;
  /** Waits until nothing is in flight. @returns what still is, when that does not happen */
  settled(): Promise<number>;
  close(): Promise<void>;
}

export async function startRecordedPlane(lane: LaneName): Promise<RecordedPlane> {
  const replica = await startRecordingReplica();
  const plane = await startInlinePlane({ express: lane === 'express' });
  await plane.route([{ replica: 'A', port: replica.port }]);
  const inFlight = () => plane.claims.inFlight(0);
  return {
    plane,
    replica,
    answered: () => plane.claims.outcomes(0).answered,
    async settled() {
      for (let turn = 0; turn < MOST_TURNS && inFlight() > 0; turn++) await new Promise(setImmediate);
      return inFlight();
    },
    async close() {
      await plane.close();
      await replica.close();
    },
  };
}
