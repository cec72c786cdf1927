// Owns what an instance was last seen to carry: when one dies its requests break first, so by the time its end is known the
// counters may be back at zero. The first sign (a broken request, a reported death) keeps what they said then.
import type { DataLink } from '../../routing/link/data-link.js';
import type { Clock } from './clock.js';

/** Milliseconds for which a sign and the end that it announced count as one event. */
const ONE_EVENT = 3000;

export class LastLoad {
  private readonly signs = new Map<string, { readonly at: number; readonly inFlight: number }>();

  constructor(
    private readonly link: Pick<DataLink, 'lastCounters'>,
    private readonly clock: Clock,
  ) {}

  /** Something may be wrong with the instance. What it carried at the worst moment of one event stays. */
  note(instanceId: string): void {
    const now = this.clock.now();
    for (const [id, { at }] of this.signs) if (now - at > ONE_EVENT) this.signs.delete(id);
    const inFlight = this.current(instanceId);
    const earlier = this.signs.get(instanceId);
    if (!earlier || inFlight > earlier.inFlight) this.signs.set(instanceId, { at: now, inFlight });
  }

  of(instanceId: string): number {
    const sign = this.signs.get(instanceId);
    const recent = sign && this.clock.now() - sign.at <= ONE_EVENT ? sign.inFlight : 0;
    return Math.max(recent, this.current(instanceId));
  }

  private current(instanceId: string): number {
    return this.link.lastCounters().get(instanceId)?.inFlight ?? 0;
  }
}
