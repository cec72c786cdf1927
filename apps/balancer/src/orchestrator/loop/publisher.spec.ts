import { beforeEach, describe, expect, it } from '@jest/globals';
import { testRecipe } from '../../routing/testing/snapshots.js';
import type { ObservedInstance } from '../../runtime/replica-runtime.js';
import { silentLogger } from '../../telemetry/logger.js';
import type { Route } from '../plan.js';
import { Publisher } from './publisher.js';
import { FakeClock, settle } from '../testing/fake-clock.js';
import { instance } from '../testing/plan-world.js';
import { ScriptedLink } from '../testing/scripted-link.js';

const members = ['A', 'B'].map((name) => ({ name, weight: 1, firstGeneration: 1 }));
const route = (
  id: string,
  of: string,
  state: Route['state'] = 'ready',
  given: Partial<ObservedInstance> = {},
): Route => ({
  instance: instance(id, of, given),
  state,
});

describe('the publisher', () => {
  let clock: FakeClock;
  let link: ScriptedLink;
  let publisher: Publisher;
  const claimable = () => (publisher.inUse === 'unknown' ? 'unknown' : [...publisher.inUse.claimable].sort());

  beforeEach(() => {
    clock = new FakeClock();
    link = new ScriptedLink(clock);
    link.connected = true;
    link.acknowledges = false;
    publisher = new Publisher(
      link,
      { recipe: testRecipe(), seed: '0'.repeat(16), pseudonym: 'hashflow-0', hashKey: 'random', loadFactor: 0 },
      silentLogger,
      () => {},
    );
  });

  it('publishes a table once, however often it is told', () => {
    publisher.publish(members, [route('a1', 'A')]);
    publisher.publish(members, [route('a1', 'A')]);
    publisher.publish(members, [route('a1', 'A', 'unready')]);
    expect(link.tables.map(({ epoch }) => epoch)).toEqual([1, 2]);
  });

  it('counts an instance as in use until a table without it is acknowledged', async () => {
    publisher.publish(members, [route('a1', 'A'), route('b1', 'B')]);
    publisher.publish(members, [route('b1', 'B')]);
    publisher.publish(members, [route('b1', 'B'), route('a2', 'A')]);
    link.acknowledge(1);
    await settle();
    expect(claimable()).toEqual(['a1', 'a2', 'b1']);
    link.acknowledge(2);
    await settle();
    expect(claimable()).toEqual(['a2', 'b1']);
  });

  it('counts one that drains as listed, and as claimable only by earlier tables', async () => {
    publisher.publish(members, [route('a1', 'A')]);
    publisher.publish(members, [route('a1', 'A', 'draining')]);
    expect(claimable()).toEqual(['a1']);
    link.acknowledge();
    await settle();
    expect(publisher.inUse).toEqual({ claimable: new Set(), listed: new Set(['a1']) });
  });

  it('counts one that is not ready as claimable by earlier tables only: nobody claims it by this one (TRAPS 3)', async () => {
    publisher.publish(members, [route('a1', 'A')]);
    link.acknowledge();
    await settle();
    publisher.publish(members, [route('a1', 'A', 'unready')]);
    expect(claimable()).toEqual(['a1']);
    link.acknowledge();
    await settle();
    expect(publisher.inUse).toEqual({ claimable: new Set(), listed: new Set(['a1']) });
  });

  it('gives a table that nobody acknowledges up after a while', async () => {
    publisher.publish(members, [route('a1', 'A')]);
    publisher.publish(members, []);
    await clock.advance(3000);
    expect(claimable()).toEqual([]);
  });

  it('knows nothing of an inherited table until its own is acknowledged', async () => {
    publisher.inherit();
    publisher.publish(members, []);
    expect(claimable()).toBe('unknown');
    link.acknowledge();
    await settle();
    expect(claimable()).toEqual([]);
  });

  it('settles with the table that was published last, also while others are', async () => {
    publisher.publish(members, [route('a1', 'A')]);
    let settled = false;
    void publisher.settled().then(() => (settled = true));
    link.acknowledge(1);
    publisher.publish(members, []);
    await settle();
    expect(settled).toBe(false);
    link.acknowledge(2);
    await settle();
    expect(settled).toBe(true);
  });

  it('names the host of a replica that was given by URL, and lists nobody without an address', () => {
    const byUrl = [{ name: 'A', weight: 2, firstGeneration: 1, url: 'http://app.internal:8080' }];
    publisher.publish(byUrl, [route('a1', 'A'), route('b1', 'B', 'draining', { address: undefined })]);
    expect(link.table).toMatchObject({
      members: [{ name: 'A', weight: 2 }],
      instances: [
        { id: 'a1', replica: 'A', host: '10.0.0.1', port: 1, authority: 'app.internal:8080', state: 'ready' },
      ],
    });
  });
});
