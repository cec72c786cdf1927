// The table against the listing of the paper, its fairness, and the order that foresees the later owner.
import { buildPlacement, type Member } from './index.js';
import { diffPlacements } from './diff.js';
import { orderOf, ownerOf, SEED, servers } from './testing/memberships.js';
import { mean } from './testing/statistics.js';
import { maglevTable } from './testing/textbook.js';

const SLOTS = 65537;
const maglev = (members: readonly Member[]) => buildPlacement('maglev', members, { seed: SEED });

describe('maglev', () => {
  it.each([1, 3, 10])('fills the table of %d members as the listing of the paper does', (count) => {
    const placement = maglev(servers(count));
    expect(Array.from({ length: SLOTS }, (_, slot) => ownerOf(placement, slot))).toEqual(
      maglevTable(servers(count), SLOTS),
    );
  });

  it.each([2, 7, 10, 100])('is fair to one slot among %d members', (count) => {
    const slots = [...maglev(servers(count)).shares().values()].map(({ share }) => share * SLOTS);
    expect(Math.max(...slots) - Math.min(...slots)).toBeLessThan(1.001);
  });

  it('is fair to weights within 1 %', () => {
    for (const { share, fair } of maglev(servers(10, (index) => 1 + index / 2))
      .shares()
      .values()) {
      expect(Math.abs(share / fair - 1)).toBeLessThan(0.01);
    }
  });

  it('has the later owner second for at least 98 % of the slots of a leaver', () => {
    const [placement, after] = [maglev(servers(10)), maglev(servers(10).filter(({ id }) => id !== 'Server 4'))];
    let lost = 0;
    let foreseen = 0;
    for (let slot = 0; slot < SLOTS; slot++) {
      if (ownerOf(placement, slot) !== 'Server 4') continue;
      lost++;
      if (orderOf(placement, slot)[1] === ownerOf(after, slot)) foreseen++;
    }
    expect(foreseen / lost).toBeGreaterThan(0.98);
  });

  it('pays for fairness with moves between members that stay, a few percent of the minimum at N = 10', () => {
    const ratios = Array.from({ length: 10 }, (_, set) => {
      const members = servers(11, () => 1, `10.0.${set}.`);
      const { collateral, minimum } = diffPlacements(maglev(members.slice(1)), maglev(members));
      return collateral / minimum;
    });
    expect(mean(ratios)).toBeGreaterThan(0.005);
    expect(mean(ratios)).toBeLessThan(0.06);
  });
});
