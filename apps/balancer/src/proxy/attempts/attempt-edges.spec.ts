// The edges of the attempt machine: what counts as a try, who is blamed for what, and when patience ends. Its course is in
// attempt-machine.spec.ts.
import { describe, expect, it } from '@jest/globals';
import { MachineRig } from '../testing/machine-rig.js';
import type { AttemptMachine } from './attempt-machine.js';
import { MOST_WAITING } from './candidates.js';

const nameOf = (machine: AttemptMachine) => machine.target?.instance.replica ?? '';

describe('a try', () => {
  it('on a replica that begins to drain once the connection stands is one of RETRY_ATTEMPTS', () => {
    const rig = new MachineRig();
    const machine = rig.machine({}, { retryAttempts: 1 });
    machine.begin(0);
    machine.connected(1, false, 1);
    rig.word(nameOf(machine), 'draining');
    expect([machine.failed(1, 'upstream_closed', 2), machine.cause]).toEqual(['answer', 'upstream_closed']);
    expect(rig.blamed).toEqual([]);
  });

  it('that times out on a connection that had been idle is held against the replica: only its close is not', () => {
    const rig = new MachineRig(['A']);
    const machine = rig.machine();
    machine.begin(0);
    machine.connected(1, true, 1);
    expect([machine.expired(30_001, 'replica_sends', 0), machine.cause]).toEqual(['answer', 'response_timeout']);
    expect(rig.blamed).toEqual(['A response_timeout']);
  });

  it('for which no descriptor was left is answered overload, goes nowhere else and is held against nobody', () => {
    const rig = new MachineRig();
    const machine = rig.machine();
    machine.begin(0);
    expect([machine.failed(1, 'overload', 1), machine.cause]).toEqual(['answer', 'overload']);
    expect(rig.blamed).toEqual([]);
  });
});

describe('the time in the queue', () => {
  /** Two replicas that carry one request each, and a request that waits for either. */
  const queued = () => {
    const rig = new MachineRig(['A', 'B']);
    rig.limits = { inFlight: 1, connections: 0 };
    rig.queueCapacity = 10;
    const others = [rig.machine(), rig.machine()];
    for (const other of others) other.begin(0);
    const machine = rig.machine();
    expect(machine.begin(0)).toBe('queue');
    return { rig, others, machine };
  };

  it('is QUEUE_TIMEOUT over all tries together', () => {
    const { others, machine } = queued();
    others[0].clientGone();
    expect(machine.roomCame(3000)).toBe('try');
    expect([machine.failed(1, 'connect_failed', 3000), machine.deadline]).toEqual(['queue', 5000]);
  });

  it('that is used up leaves none for another try', () => {
    const { others, machine } = queued();
    others[0].clientGone();
    expect(machine.roomCame(5000)).toBe('try');
    expect([machine.failed(1, 'connect_failed', 5000), machine.cause]).toEqual(['answer', 'connect_failed']);
  });
});

describe('a request that nobody is left for', () => {
  const rules = { noReplicaWait: 5000 };

  it('does not wait for a successor while others are there, but at their limits', () => {
    const rig = new MachineRig(['A', 'B']);
    rig.limits = { inFlight: 1, connections: 0 };
    rig.machine().begin(0);
    const machine = rig.machine({}, rules);
    expect(machine.begin(0)).toBe('try');
    expect([machine.failed(1, 'connect_failed', 1), machine.cause]).toEqual(['answer', 'connect_failed']);
  });

  it('does not wait for a successor where too many wait already', () => {
    const rig = new MachineRig(['A']);
    const machine = rig.machine({}, rules);
    machine.begin(0);
    rig.waiting = MOST_WAITING;
    expect([machine.failed(1, 'connect_failed', 1), machine.cause]).toEqual(['answer', 'connect_failed']);
  });
});
