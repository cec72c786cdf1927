import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ClaimTable, type RowRef } from './claims.js';
import { NO_OUTCOMES } from './link/messages.js';

/** The table as it would be without the second read: what TRAPS 1 warns of. */
class TrustingTable extends ClaimTable {
  protected override confirm(): boolean {
    return true;
  }
}

function readyRow(claims: ClaimTable, row = 0): RowRef {
  const ref = claims.assign(row);
  claims.setState(ref, 'ready');
  return ref;
}

describe('a claim', () => {
  it('is granted while the instance is ready, counted until it is released, and counted as a request for good', () => {
    const claims = ClaimTable.create(2, 4);
    const ref = readyRow(claims);
    expect([claims.claim(0, ref), claims.claim(1, ref), claims.claim(1, ref)]).toEqual([true, true, true]);
    expect(claims.inFlight(0)).toBe(3);
    claims.release(1, ref);
    claims.release(0, ref);
    expect([claims.inFlight(0), claims.requests(0)]).toEqual([1, 3]);
  });

  it.each(['unready', 'draining'] as const)('is refused, and leaves no count, once the instance is %s', (state) => {
    const claims = ClaimTable.create(1, 1);
    const ref = readyRow(claims);
    claims.setState(ref, state);
    expect([claims.claim(0, ref), claims.inFlight(0), claims.requests(0)]).toEqual([false, 0, 0]);
  });

  it('is refused to a table that still names the row’s former tenant', () => {
    const claims = ClaimTable.create(1, 1);
    const former = readyRow(claims);
    const next = readyRow(claims);
    expect([claims.claim(0, former), claims.claim(0, next)]).toEqual([false, true]);
  });

  it('is counted beyond 2^32', () => {
    const claims = ClaimTable.create(1, 1);
    const ref = readyRow(claims);
    // The low word of the only counter, one below its overflow.
    new Int32Array(claims.buffer)[2 + 1 + 2] = -1;
    claims.claim(0, ref);
    expect(claims.requests(0)).toBe(2 ** 32);
  });
});

describe('a claim with limits', () => {
  it('is refused at the limit of all workers together, leaves no count, and is granted once there is room', () => {
    const claims = ClaimTable.create(2, 1);
    const ref = readyRow(claims);
    const limits = { inFlight: 2, connections: 0 };
    expect([0, 1, 0, 1].map((worker) => claims.claim(worker, ref, limits))).toEqual([true, true, false, false]);
    expect([claims.inFlight(0), claims.requests(0), claims.hasRoom(0, ref, limits)]).toEqual([2, 2, false]);
    claims.release(1, ref);
    expect([claims.hasRoom(0, ref, limits), claims.claim(0, ref, limits)]).toEqual([true, true]);
  });

  it('counts the connections of its own worker only, tunnels among them', () => {
    const claims = ClaimTable.create(2, 1);
    const ref = readyRow(claims);
    const limits = { inFlight: 0, connections: 2 };
    claims.claim(0, ref, limits);
    claims.openTunnel(0, ref);
    expect([0, 0, 1].map((worker) => claims.claim(worker, ref, limits))).toEqual([true, false, true]);
    claims.closeTunnel(0, ref);
    expect(claims.claim(0, ref, limits)).toBe(true);
  });

  it('never exceeds them, wherever the steps of two workers fall into each other', () => {
    /** Between the two steps of a claim another worker does this. */
    let between = () => {};
    class Interleaved extends ClaimTable {
      protected override confirm(ref: RowRef): boolean {
        const act = between;
        between = () => {};
        act();
        return super.confirm(ref);
      }
    }
    const limits = { inFlight: 3, connections: 0 };
    const acts = fc.array(
      fc.record({ worker: fc.nat(1), claim: fc.boolean(), other: fc.constantFrom('claim', 'release', 'nothing') }),
    );
    fc.assert(
      fc.property(acts, (steps) => {
        const claims = new Interleaved(ClaimTable.create(2, 1).buffer);
        const ref = readyRow(claims);
        const held = [0, 0];
        const claim = (worker: number) => void (held[worker] += Number(claims.claim(worker, ref, limits)));
        const release = (worker: number) => {
          if (held[worker] === 0) return;
          held[worker]--;
          claims.release(worker, ref);
        };
        for (const step of steps) {
          const other = 1 - step.worker;
          if (step.other !== 'nothing') between = () => (step.other === 'claim' ? claim(other) : release(other));
          if (step.claim) claim(step.worker);
          else release(step.worker);
          between = () => {};
          expect(held[0] + held[1]).toBeLessThanOrEqual(limits.inFlight);
          expect(claims.inFlight(0)).toBe(held[0] + held[1]);
        }
      }),
    );
  });
});

describe('how tries ended', () => {
  it('is counted for the instance over all workers, each kind apart', () => {
    const claims = ClaimTable.create(2, 2);
    const [ref, other] = [readyRow(claims, 0), readyRow(claims, 1)];
    for (const end of ['answered', 'answered', 'refused', 'timedOut'] as const) claims.count(0, ref, end);
    for (const end of ['answered', 'serverErrors', 'reset'] as const) claims.count(1, ref, end);
    claims.count(1, other, 'reset');
    expect(claims.outcomes(0)).toEqual({ answered: 3, serverErrors: 1, refused: 1, reset: 1, timedOut: 1 });
    expect(claims.outcomes(1)).toEqual({ ...NO_OUTCOMES, reset: 1 });
  });

  it('is nothing of the row’s next tenant, not even when it is told late', () => {
    const claims = ClaimTable.create(1, 1);
    const former = readyRow(claims);
    claims.count(0, former, 'reset');
    readyRow(claims);
    claims.count(0, former, 'reset');
    expect(claims.outcomes(0)).toEqual(NO_OUTCOMES);
  });

  it('stays counted when the worker that counted it dies', () => {
    const claims = ClaimTable.create(1, 1);
    claims.count(0, readyRow(claims), 'reset');
    claims.clearWorker(0);
    expect(claims.outcomes(0).reset).toBe(1);
  });
});

describe('the gap between choosing and claiming (TRAPS 1)', () => {
  /** A worker has chosen the instance; before it claims, the main thread drains the instance and finds nothing in flight. */
  const drainInTheGap = (claims: ClaimTable) => {
    const ref = readyRow(claims);
    claims.setState(ref, 'draining');
    const quiet = claims.inFlight(0) === 0;
    return { quiet, claimedAfterQuiet: claims.claim(0, ref) };
  };

  it('lets no request through after "zero in flight"', () => {
    expect(drainInTheGap(ClaimTable.create(1, 1))).toEqual({ quiet: true, claimedAfterQuiet: false });
  });

  it('would let one through without the second read', () => {
    const trusting = new TrustingTable(ClaimTable.create(1, 1).buffer);
    expect(drainInTheGap(trusting)).toEqual({ quiet: true, claimedAfterQuiet: true });
  });
});

describe('a release (TRAPS 2)', () => {
  it('that comes late does not touch the next tenant of the row', () => {
    const claims = ClaimTable.create(1, 1);
    const former = readyRow(claims);
    claims.claim(0, former);
    claims.clearWorker(0);
    const next = readyRow(claims);
    claims.claim(0, next);
    claims.release(0, former);
    expect(claims.inFlight(0)).toBe(1);
  });

  it('that comes once too often does not go below zero', () => {
    const claims = ClaimTable.create(1, 1);
    const ref = readyRow(claims);
    claims.claim(0, ref);
    for (let time = 0; time < 3; time++) claims.release(0, ref);
    claims.claim(0, ref);
    expect(claims.inFlight(0)).toBe(1);
  });
});

describe('a worker that dies (TRAPS 2)', () => {
  it('takes what it carried with it, and nothing of the others', () => {
    const claims = ClaimTable.create(2, 2);
    const refs = [readyRow(claims, 0), readyRow(claims, 1)];
    for (const ref of refs) for (const worker of [0, 0, 1]) claims.claim(worker, ref);
    claims.openTunnel(0, refs[0]);
    claims.clearWorker(0);
    expect(refs.map(({ row }) => [claims.inFlight(row), claims.tunnels(row), claims.requests(row)])).toEqual([
      [1, 0, 3],
      [1, 0, 3],
    ]);
  });
});

describe('a tunnel (TRAPS 30)', () => {
  it('is not in flight, and is counted until it closes', () => {
    const claims = ClaimTable.create(1, 1);
    const ref = readyRow(claims);
    claims.claim(0, ref);
    claims.openTunnel(0, ref);
    expect([claims.inFlight(0), claims.tunnels(0)]).toEqual([0, 1]);
    claims.closeTunnel(0, ref);
    claims.closeTunnel(0, ref);
    expect([claims.inFlight(0), claims.tunnels(0)]).toEqual([0, 0]);
  });
});

describe('the counts', () => {
  it('agree with a plain model, whatever workers do in whatever order', () => {
    const step = fc.record({
      worker: fc.integer({ min: 0, max: 2 }),
      row: fc.integer({ min: 0, max: 3 }),
      action: fc.constantFrom('claim', 'release', 'ready', 'draining', 'unready', 'clear'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const claims = ClaimTable.create(3, 4);
        const refs = [0, 1, 2, 3].map((row) => claims.assign(row));
        const ready = [false, false, false, false];
        const held = [0, 1, 2].map(() => [0, 0, 0, 0]);
        for (const { worker, row, action } of steps) {
          if (action === 'claim') {
            expect(claims.claim(worker, refs[row])).toBe(ready[row]);
            if (ready[row]) held[worker][row]++;
          } else if (action === 'release') {
            claims.release(worker, refs[row]);
            held[worker][row] = Math.max(0, held[worker][row] - 1);
          } else if (action === 'clear') {
            claims.clearWorker(worker);
            held[worker].fill(0);
          } else {
            claims.setState(refs[row], action);
            ready[row] = action === 'ready';
          }
        }
        for (const row of [0, 1, 2, 3]) {
          expect(claims.inFlight(row)).toBe(held.reduce((sum, counts) => sum + counts[row], 0));
        }
      }),
    );
  });
});
