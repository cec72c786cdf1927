// Owns what a test of one lane starts, a data plane and its replicas, and that all of it ends with the test.
import type { DataSettings } from '../../routing/link/messages.js';
import type { TestInstance } from '../../routing/testing/snapshots.js';
import { type InlinePlane, startInlinePlane } from './inline-plane.js';
import type { LaneName } from './lanes.js';

interface Ending {
  close(): Promise<void>;
}

export class LaneRig {
  #plane: InlinePlane | undefined;
  readonly #open: Ending[] = [];

  constructor(private readonly lane: LaneName) {}

  get plane(): InlinePlane {
    if (!this.#plane) throw new Error('nothing is served yet');
    return this.#plane;
  }

  /** It ends with the test. */
  track<T extends Ending>(upstream: T): T {
    this.#open.push(upstream);
    return upstream;
  }

  async serve(replicas: readonly TestInstance[], settings: Partial<DataSettings> = {}): Promise<void> {
    this.#plane = await startInlinePlane({ express: this.lane === 'express', ...settings });
    await this.#plane.route(replicas);
  }

  /** To be called after each test. */
  async close(): Promise<void> {
    await this.#plane?.close();
    this.#plane = undefined;
    for (const upstream of this.#open.splice(0)) await upstream.close();
  }
}
