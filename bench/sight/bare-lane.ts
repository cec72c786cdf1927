// Owns the thread of a lane that counts nothing: the built one, with the methods emptied by which it counts, before it begins. The calls of
// them stay, which are less than a thousandth of a request.
import type { LaneMeter } from '../../apps/balancer/src/proxy/traffic/lane-meter.js';
import type { LanePulse } from '../../apps/balancer/src/proxy/traffic/lane-pulse.js';
import type { HotKeys } from '../../apps/balancer/src/routing/hot-keys.js';
import type { KeyCounts } from '../../apps/balancer/src/routing/key-counts.js';
import { BUILT, built } from '../built.ts';

const { LaneMeter: Meter } = await built<{ LaneMeter: typeof LaneMeter }>('proxy/traffic/lane-meter.js');
const { LanePulse: Pulse } = await built<{ LanePulse: typeof LanePulse }>('proxy/traffic/lane-pulse.js');
const { KeyCounts: Keys } = await built<{ KeyCounts: typeof KeyCounts }>('routing/key-counts.js');
const { HotKeys: Hot } = await built<{ HotKeys: typeof HotKeys }>('routing/hot-keys.js');

empty(Meter.prototype, ['connected', 'disconnected', 'over', 'refused', 'moved', 'upstream', 'retry']);
empty(Meter.prototype, ['upstreamOpened', 'upstreamReused']);
empty(Pulse.prototype, ['look']);
empty(Keys.prototype, ['count']);
empty(Hot.prototype, ['count', 'fade']);
await import(`${BUILT}data.worker.js`);

function empty<Counter extends object>(prototype: Counter, methods: readonly (keyof Counter)[]): void {
  for (const name of methods) Object.defineProperty(prototype, name, { value: () => {} });
}
