import { describe, expect, it } from '@jest/globals';
import { type AttemptMachine, COLLECT_TIMEOUT, FRESH_ENOUGH, TABLE_TIMEOUT } from './attempt-machine.js';
import { MOST_WAITING } from './candidates.js';
import { MachineRig } from '../testing/machine-rig.js';

const nameOf = (machine: AttemptMachine) => machine.target?.instance.replica;

/** Begins a try whose connection stands. */
function sent(machine: AttemptMachine, now = 0, reused = false): AttemptMachine {
  expect(machine.begin(now)).toBe('try');
  machine.connected(1, reused, now);
  return machine;
}

describe('a request', () => {
  it('is tried, relayed and over, with one claim that ends with the replica’s part', () => {
    const rig = new MachineRig();
    const machine = sent(rig.machine());
    expect([machine.head(1, 200, 5), rig.held]).toEqual(['relay', 1]);
    expect([machine.closed(1, 6), rig.held]).toEqual(['none', 0]);
    expect([machine.delivered(), machine.outcome]).toEqual(['end', 'answered']);
  });

  it('is answered no_replica without a table, and with nobody in it', () => {
    for (const rig of [new MachineRig([]), Object.assign(new MachineRig(), { current: undefined })]) {
      const machine = rig.machine();
      expect([machine.begin(0), machine.cause]).toEqual(['answer', 'no_replica']);
    }
  });

  it('goes to its own first candidate while that is ready', () => {
    const rig = new MachineRig();
    const owners = Array.from({ length: 5 }, () => {
      const machine = sent(rig.machine());
      machine.clientGone();
      return nameOf(machine);
    });
    expect(new Set(owners).size).toBe(1);
  });
});

describe('a body', () => {
  const collecting = () => {
    const rig = new MachineRig();
    const machine = rig.machine({ hasBody: true, collects: true });
    expect([machine.begin(100), rig.held]).toEqual(['collect', 0]);
    return { rig, machine };
  };

  it('claims no replica until it is collected', () => {
    const { rig, machine } = collecting();
    expect([machine.collected(110), rig.held]).toEqual(['try', 1]);
  });

  it('that drips claims one after 50 ms, and none before', () => {
    const { rig, machine } = collecting();
    expect(machine.deadline).toBe(100 + COLLECT_TIMEOUT);
    machine.progress(130);
    expect([machine.expired(149, 'client', 0), rig.held]).toEqual(['none', 0]);
    expect([machine.expired(150, 'client', 0), rig.held]).toEqual(['try', 1]);
  });

  it.each([
    ['replica_takes', 'response_timeout', 1],
    ['client', 'request_timeout', 0],
  ] as const)('that stops flowing ends by whose fault it is: %s', (awaited, cause, blamed) => {
    const rig = new MachineRig();
    const machine = rig.machine({ idempotent: false, hasBody: true });
    machine.begin(0);
    machine.connected(1, false, 10);
    machine.progress(50_000);
    expect(machine.deadline).toBe(110_000);
    expect([machine.expired(110_000, awaited, 0), machine.cause]).toEqual(['answer', cause]);
    expect(rig.blamed).toHaveLength(blamed);
  });

  it('that is lost goes nowhere else, whatever the method', () => {
    const machine = new MachineRig().machine({ hasBody: true });
    machine.begin(0);
    machine.connected(1, false, 1);
    machine.bodyLost();
    expect([machine.failed(1, 'upstream_closed', 2), machine.cause]).toEqual(['answer', 'upstream_closed']);
  });
});

describe('a deadline', () => {
  it('is that of the connection, then that of the answer, each of one try', () => {
    const machine = new MachineRig().machine();
    machine.begin(100);
    expect(machine.deadline).toBe(1100);
    machine.connected(1, false, 200);
    expect(machine.deadline).toBe(30_200);
    expect(machine.expired(30_200, 'client', 0)).toBe('try');
    expect(machine.deadline).toBe(31_200);
  });

  it('over all tries ends the request, starts none after it and blames nobody for what another took', () => {
    const rig = new MachineRig();
    const machine = sent(rig.machine({}, { totalTimeout: 2000, responseTimeout: 1500 }));
    expect(machine.expired(1500, 'client', 0)).toBe('try');
    machine.connected(2, false, 1600);
    expect(machine.deadline).toBe(2000);
    expect([machine.expired(2000, 'client', 0), machine.cause]).toEqual(['answer', 'response_timeout']);
    expect(rig.blamed).toHaveLength(1);
  });

  it('that passed unnoticed still allows no retry', () => {
    const machine = sent(new MachineRig().machine({}, { totalTimeout: 1000 }));
    expect([machine.failed(1, 'upstream_closed', 1000), machine.cause]).toEqual(['answer', 'upstream_closed']);
  });

  it('over all tries does not count while the answer is relayed', () => {
    const machine = sent(new MachineRig().machine({}, { totalTimeout: 1000, idleTimeout: 8000 }));
    machine.head(1, 200, 900);
    expect(machine.deadline).toBe(2900);
    expect([machine.expired(2900, 'replica_sends', 0), machine.deadline]).toEqual(['none', 4900]);
  });

  it('blames the client while it is the client that is waited for', () => {
    const machine = new MachineRig().machine({ hasBody: true }, { totalTimeout: 1000 });
    machine.begin(0);
    machine.connected(1, false, 10);
    expect([machine.expired(1000, 'client', 0), machine.cause]).toEqual(['answer', 'request_timeout']);
  });
});

describe('a retry', () => {
  it('holds one claim, not two (TRAPS 18)', () => {
    const rig = new MachineRig();
    const machine = rig.machine();
    machine.begin(0);
    const first = nameOf(machine);
    expect([machine.failed(1, 'connect_failed', 1), rig.held]).toEqual(['try', 1]);
    expect(nameOf(machine)).not.toBe(first);
  });

  it('ends with the cause of the last try when nobody is left', () => {
    const machine = new MachineRig(['A', 'B']).machine({}, { retryAttempts: 10 });
    machine.begin(0);
    machine.failed(1, 'connect_failed', 1);
    machine.connected(2, false, 2);
    expect([machine.failed(2, 'upstream_closed', 3), machine.cause]).toEqual(['answer', 'upstream_closed']);
  });

  it('is told with its reason when it is made, and never when nobody is left', () => {
    const rig = new MachineRig();
    const machine = sent(rig.machine());
    machine.head(1, 503, 5);
    machine.connected(2, false, 6);
    machine.failed(2, 'upstream_closed', 7);
    expect(rig.retried).toEqual(['unavailable', 'upstream_closed']);
    machine.failed(3, 'connect_failed', 8);
    expect(rig.retried).toHaveLength(2);
  });

  it('takes its own time: an answer is told with that of its try, not with that of the request', () => {
    const rig = new MachineRig();
    const machine = sent(rig.machine());
    machine.failed(1, 'upstream_closed', 100);
    machine.connected(2, false, 101);
    machine.head(2, 200, 110);
    expect(rig.answers).toEqual([`${nameOf(machine)} 200 after 10`]);
  });

  it('takes what comes of the try before for nothing', () => {
    const rig = new MachineRig();
    const machine = rig.machine();
    machine.begin(0);
    machine.failed(1, 'connect_failed', 1);
    for (const step of [machine.closed(1, 2), machine.failed(1, 'upstream_closed', 2), machine.head(1, 200, 2)])
      expect(step).toBe('none');
    expect([rig.held, rig.blamed.length]).toEqual([1, 1]);
  });

  it('after 503 goes elsewhere while somebody is there; else the replica’s own answer is passed on', () => {
    const machine = sent(new MachineRig(['A', 'B']).machine());
    expect(machine.head(1, 503, 1)).toBe('try');
    machine.connected(2, false, 2);
    expect(machine.head(2, 503, 3)).toBe('relay');
  });

  it('after 503 comes not when the total deadline has passed: the replica’s own answer is the better one', () => {
    expect(sent(new MachineRig().machine({}, { totalTimeout: 1000 })).head(1, 503, 1000)).toBe('relay');
  });

  it.each([500, 501, 502, 504, 429, 200])('never comes after %d', (status) => {
    expect(sent(new MachineRig().machine()).head(1, status, 1)).toBe('relay');
  });

  it('never comes after 503 of what may not be carried out twice', () => {
    expect(sent(new MachineRig().machine({ idempotent: false })).head(1, 503, 1)).toBe('relay');
  });
});

describe('the retry budget', () => {
  const stuck = (rig: MachineRig) => sent(rig.machine());

  it('allows three paid retries at a time, plus a fifth of the requests under way', () => {
    const rig = new MachineRig();
    const machines = Array.from({ length: 20 }, () => stuck(rig));
    const steps = machines.map((machine) => machine.expired(30_000, 'client', 0));
    // 3 + 20 % of 20, then of the fewer that are left.
    expect(steps.filter((step) => step === 'try')).toHaveLength(7);
    expect(steps.slice(7).every((step) => step === 'answer')).toBe(true);
  });

  it('gets back what was taken from it', () => {
    const rig = new MachineRig();
    for (let round = 0; round < 50; round++) {
      const machine = stuck(rig);
      expect(machine.expired(30_000, 'client', 0)).toBe('try');
      machine.clientGone();
    }
  });

  it('passes a 503 on when it is empty, and charges nothing for connections that broke', () => {
    const rig = new MachineRig();
    const empty = Array.from({ length: 3 }, () => stuck(rig));
    for (const machine of empty) machine.expired(30_000, 'client', 0);
    expect(stuck(rig).head(1, 503, 1)).toBe('relay');
    expect(stuck(rig).failed(1, 'upstream_closed', 1)).toBe('try');
  });

  it('is not spent by a spill at the first try (TRAPS 18)', () => {
    const rig = new MachineRig();
    const many = Array.from({ length: 40 }, () => sent(rig.machine()));
    expect(new Set(many.map(nameOf)).size).toBeGreaterThan(1);
    const steps = many.slice(0, 11).map((machine) => machine.expired(30_000, 'client', 0));
    expect(steps).toEqual(Array(11).fill('try'));
  });

  it('that is empty ends a storm: 504 within the one deadline, and no replica tried twice (TRAPS 20)', () => {
    const rig = new MachineRig();
    const began = Array.from({ length: 30 }, (_, index) => {
      const machine = rig.machine({}, { totalTimeout: 5000, responseTimeout: 2000 }, `key ${index}`);
      return { machine, seen: [] as string[], step: machine.begin(0) };
    });
    const hole = nameOf(began[0].machine);
    const act = (one: (typeof began)[number], now: number) => {
      if (one.step !== 'try') return;
      const name = nameOf(one.machine) ?? '';
      one.seen.push(name);
      one.machine.connected(one.machine.attempt, false, now);
      one.step = name === hole ? 'none' : one.machine.head(one.machine.attempt, 200, now);
    };
    for (const one of began) act(one, 0);
    for (const now of [2000, 4000, 5000])
      for (const one of began) {
        if (one.step === 'none') one.step = one.machine.expired(now, 'client', 0);
        act(one, now);
      }
    const causes = began.map(({ step, machine }) => (step === 'answer' ? machine.cause : step));
    expect(new Set(causes)).toEqual(new Set(['relay', 'response_timeout']));
    for (const { seen } of began) expect(new Set(seen).size).toBe(seen.length);
  });
});

describe('a replica that begins to drain', () => {
  it('between claim and connect costs no attempt, no blame and no budget: another candidate gets it (TRAPS 19)', () => {
    const rig = new MachineRig();
    const machine = rig.machine({ idempotent: false }, { retryAttempts: 1 });
    machine.begin(0);
    rig.word(nameOf(machine) ?? '', 'draining');
    expect(machine.failed(1, 'connect_timeout', 1)).toBe('try');
    expect(rig.blamed).toEqual([]);
    for (let time = 0; time < 3; time++) expect(rig.budget.take()).toBe(true);
  });

  it('before the claim is passed over', () => {
    const rig = new MachineRig();
    const first = rig.machine();
    first.begin(0);
    rig.word(nameOf(first) ?? '', 'draining');
    const machine = rig.machine();
    expect(machine.begin(0)).toBe('try');
    expect(nameOf(machine)).not.toBe(nameOf(first));
  });

  it('as the last one makes the request wait for the table in which its successor stands', () => {
    const rig = new MachineRig(['A']);
    rig.word('A', 'draining');
    const machine = rig.machine();
    expect([machine.begin(0), machine.deadline]).toEqual(['wait', TABLE_TIMEOUT]);
    rig.states.set('B', 'ready');
    rig.publish();
    expect([machine.tableCame(100), nameOf(machine)]).toEqual(['try', 'B']);
  });

  it('as the last one with no successor in time is no_replica', () => {
    const rig = new MachineRig(['A']);
    rig.word('A', 'draining');
    const machine = rig.machine();
    machine.begin(0);
    expect([machine.expired(TABLE_TIMEOUT, 'client', 0), machine.cause]).toEqual(['answer', 'no_replica']);
  });
});

describe('a pool in which nobody takes requests', () => {
  const rules = { noReplicaWait: 5000 };
  const deserted = () => {
    const rig = new MachineRig(['A', 'B']);
    for (const name of ['A', 'B']) rig.states.set(name, 'unready');
    rig.publish();
    return rig;
  };

  it('makes the request wait for the first table in which somebody does', () => {
    const rig = deserted();
    const machine = rig.machine({}, rules);
    expect([machine.begin(0), machine.deadline]).toEqual(['wait', 5000]);
    rig.publish();
    expect([machine.tableCame(4000), machine.deadline]).toEqual(['wait', 5000]);
    rig.states.set('B', 'ready');
    rig.publish();
    expect([machine.tableCame(4900), nameOf(machine)]).toEqual(['try', 'B']);
  });

  it('is answered no_replica once NO_REPLICA_WAIT is over, or the deadline of the request before it', () => {
    const machine = deserted().machine({}, rules);
    machine.begin(0);
    expect(machine.expired(4999, 'client', 0)).toBe('none');
    expect([machine.expired(5000, 'client', 0), machine.cause]).toEqual(['answer', 'no_replica']);
    const hurried = deserted().machine({}, { ...rules, totalTimeout: 1000 });
    expect([hurried.begin(0), hurried.deadline]).toEqual(['wait', 1000]);
    expect([hurried.expired(1000, 'client', 0), hurried.cause]).toEqual(['answer', 'no_replica']);
  });

  it('is answered at once where it has no members, where too many wait already, and with NO_REPLICA_WAIT=0s', () => {
    expect(new MachineRig([]).machine({}, rules).begin(0)).toBe('answer');
    const full = deserted();
    full.waiting = MOST_WAITING;
    expect(full.machine({}, rules).begin(0)).toBe('answer');
    expect(deserted().machine().begin(0)).toBe('answer');
  });

  it('has a request that its last replica refused wait for the successor', () => {
    const rig = new MachineRig(['A']);
    const machine = rig.machine({}, rules);
    machine.begin(0);
    rig.states.set('A', 'unready');
    rig.publish();
    expect([machine.failed(1, 'connect_failed', 10), machine.deadline]).toEqual(['wait', 5010]);
    rig.states.set('B', 'ready');
    rig.publish();
    expect([machine.tableCame(800), nameOf(machine)]).toEqual(['try', 'B']);
  });
});

describe('a client that goes away', () => {
  it('blames no replica and leaves no claim, wherever the request is (TRAPS 19)', () => {
    const rig = new MachineRig();
    const stages: ((machine: AttemptMachine) => void)[] = [
      () => {},
      (machine) => machine.begin(0),
      (machine) => machine.connected(1, false, 1),
      (machine) => machine.head(1, 200, 2),
    ];
    for (let last = 0; last < stages.length; last++) {
      const machine = rig.machine();
      for (const stage of stages.slice(0, last + 1)) stage(machine);
      expect([machine.clientGone(), machine.outcome]).toEqual(['end', 'client_gone']);
      expect(machine.failed(1, 'upstream_closed', 3)).toBe('none');
    }
    expect([rig.held, rig.blamed]).toEqual([0, []]);
  });
});

describe('a connection that was idle', () => {
  it('carries what must not be sent twice only when it was in use a moment ago (TRAPS 22)', () => {
    const [post, get] = [new MachineRig().machine({ idempotent: false }), new MachineRig().machine()];
    post.begin(0);
    get.begin(0);
    expect([post.maxIdle, get.maxIdle]).toEqual([FRESH_ENOUGH, Infinity]);
  });

  it('and closes as the request leaves blames nobody; the only replica is asked again on a new one (TRAPS 22)', () => {
    const rig = new MachineRig(['A']);
    const machine = sent(rig.machine(), 0, true);
    expect([machine.failed(1, 'upstream_closed', 1), nameOf(machine), machine.maxIdle]).toEqual(['try', 'A', 0]);
    machine.connected(2, false, 2);
    expect([machine.failed(2, 'upstream_closed', 3), rig.blamed]).toEqual(['answer', ['A upstream_closed']]);
  });

  it('sends to another candidate first', () => {
    const machine = sent(new MachineRig().machine(), 0, true);
    const first = nameOf(machine);
    machine.failed(1, 'upstream_closed', 1);
    expect([nameOf(machine) === first, machine.maxIdle]).toEqual([false, Infinity]);
  });
});
