// Owns snapshots for tests: one instance per replica unless said otherwise.
import type { InstanceState, Snapshot, SnapshotInstance } from '../link/messages.js';
import type { RingRecipe } from '../ring-recipe.js';

/** Of every pool under test, unless said otherwise. */
export const TEST_PSEUDONYM = 'hashflow-0123abcd';

export interface TestInstance {
  readonly replica: string;
  readonly port?: number;
  readonly host?: string;
  readonly id?: string;
  readonly state?: InstanceState;
  readonly weight?: number;
  readonly ramp?: number;
}

export function testRecipe(changes: Partial<RingRecipe> = {}): RingRecipe {
  return {
    algorithm: 'hrw',
    slots: 65_536,
    frtCap: null,
    classicSlots: 512,
    classicVirtualNodes: 9,
    classicHash: 'readme',
    ...changes,
  };
}

export function testSnapshot(replicas: readonly TestInstance[], changes: Partial<Snapshot> = {}): Snapshot {
  const instances: SnapshotInstance[] = replicas.map(
    ({ replica, host = '127.0.0.1', port = 1, id = replica, state = 'ready', ramp }) => ({
      id,
      replica,
      host,
      port,
      state,
      ...(ramp !== undefined && { ramp }),
    }),
  );
  const names = [...new Set(replicas.map(({ replica }) => replica))];
  return {
    epoch: 1,
    recipe: testRecipe(),
    seed: '0123456789abcdef',
    pseudonym: TEST_PSEUDONYM,
    hashKey: 'header:x-hash-key,random',
    loadFactor: 1.5,
    members: names.map((name) => ({ name, weight: replicas.find(({ replica }) => replica === name)?.weight ?? 1 })),
    instances,
    ...changes,
  };
}
