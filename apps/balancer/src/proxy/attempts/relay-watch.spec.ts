import { describe, expect, it } from '@jest/globals';
import type { AttemptMachine, Step } from './attempt-machine.js';
import type { AttemptRules } from './attempt-scope.js';
import type { Awaited } from './relay-watch.js';
import { MachineRig } from '../testing/machine-rig.js';

describe('an answer under way', () => {
  const relaying = (rules: Partial<AttemptRules> = {}) => {
    const rig = new MachineRig();
    const machine = rig.machine({}, { idleTimeout: 4000, ...rules });
    expect(machine.begin(0)).toBe('try');
    machine.connected(1, false, 0);
    expect(machine.head(1, 200, 0)).toBe('relay');
    return { rig, machine };
  };
  /** Looks at it as often as it asks for, until it ends or the time is over. */
  const watch = (machine: AttemptMachine, awaited: Awaited, moved: (now: number) => number, until = 60_000) => {
    let now = 0;
    for (let step: Step = 'none'; step === 'none' && machine.deadline <= until;) {
      now = machine.deadline;
      step = machine.expired(now, awaited, moved(now));
      if (step !== 'none') expect(step).toBe('cut');
    }
    return now;
  };
  const nothing = () => 0;

  it.each([
    ['client', 'client_stalled'],
    ['replica_takes', 'mid_stream'],
  ] as const)(
    'is cut when the %s has moved nothing for IDLE_TIMEOUT, and lets go of its replica',
    (awaited, outcome) => {
      const { rig, machine } = relaying();
      expect(watch(machine, awaited, nothing)).toBe(5000);
      expect([machine.outcome, rig.held, rig.blamed]).toEqual([outcome, 0, []]);
    },
  );

  it('lives on while anything moves, however slowly', () => {
    const { rig, machine } = relaying();
    watch(machine, 'client', (now) => Math.floor(now / 3000));
    expect([machine.outcome, rig.held]).toEqual([undefined, 1]);
  });

  it('may wait for a replica that is silent, for ever or for STREAM_TIMEOUT', () => {
    const patient = relaying().machine;
    watch(patient, 'replica_sends', nothing);
    expect(patient.outcome).toBeUndefined();
    const hurried = relaying({ streamTimeout: 2000 }).machine;
    expect([watch(hurried, 'replica_sends', nothing), hurried.outcome]).toEqual([2500, 'mid_stream']);
  });

  it('does not hold the silence of the replica against the client', () => {
    const { machine } = relaying();
    watch(machine, 'replica_sends', nothing, 30_000);
    // The first bytes in half a minute, to a client whose buffers are full.
    const began = machine.deadline;
    expect(machine.expired(began, 'client', 0)).toBe('none');
    expect(watch(machine, 'client', nothing)).toBe(began + 4000);
  });

  it('has no deadline as a tunnel', () => {
    const { machine } = relaying({ streamTimeout: 1000 });
    machine.tunnelled();
    expect(machine.deadline).toBe(Infinity);
  });
});
