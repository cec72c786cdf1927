// Requests that can be read in two ways, each with a second request in its surplus, through a data plane to a replica that keeps
// what it is sent: what forgiving and strict readers find there is what the balancer has answered.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LANES } from '../testing/lanes.js';
import { AMBIGUOUS } from './testing/ambiguous.js';
import { SURPLUS } from './testing/ambiguous-request.js';
import { type RecordedPlane, startRecordedPlane } from './testing/recorded-plane.js';
import { isAllowed, judge } from './testing/verdict.js';
import { exchange } from './testing/wire-client.js';

describe('the set of ambiguous requests', () => {
  const all = AMBIGUOUS.flatMap(({ requests }) => requests);

  it('is larger than 120, without those that must be passed on', () => {
    expect(all.filter(({ may }) => may !== 'forward').length).toBeGreaterThan(120);
  });

  it('has no request twice, and a meaning for each that may be passed on', () => {
    expect(new Set(all.map(({ bytes }) => bytes)).size).toBe(all.length);
    for (const { group, requests } of AMBIGUOUS)
      expect([group, new Set(requests.map(({ name }) => name)).size]).toEqual([group, requests.length]);
    expect(all.filter(({ may, meaning }) => (may === 'refuse') !== (meaning === undefined))).toEqual([]);
  });
});

describe.each(LANES)('an ambiguous request through the %s lane is refused, or passed on in its one meaning', (lane) => {
  let recorded: RecordedPlane;
  beforeAll(async () => void (recorded = await startRecordedPlane(lane)));
  afterAll(() => recorded.close());

  describe.each(AMBIGUOUS)('$group', ({ requests }) => {
    it.each(requests)('$name ($section)', async (request) => {
      const { plane, replica } = recorded;
      const before = recorded.answered();
      const result = await exchange(plane.port, [request.bytes + SURPLUS], { ends: request.unfinished });
      expect(await recorded.settled()).toBe(0);
      const recording = replica.take();

      const { judgement, reason } = judge(request, result, recording);
      expect(isAllowed(request, judgement) ? '' : `${judgement}, but it may ${request.may}: ${reason}`).toBe('');
      // What the replica took for requests is what was counted, and what the client got answers for.
      const fromReplica = result.answers.filter((answer) => answer.fromReplica);
      expect(recorded.answered() - before).toBe(recording.requests.length);
      expect(fromReplica).toHaveLength(recording.requests.length);
      expect(fromReplica.map(({ body }) => body)).toEqual(fromReplica.map(() => expect.stringMatching(/^[A-Z]+ \S+$/)));
      expect(result.answers.filter(({ whole }) => !whole)).toEqual([]);
      expect(result.surplus).toBe('');
      // A refusal is the last thing that is said.
      const refusals = result.answers.filter((answer) => !answer.fromReplica);
      expect(refusals.length).toBeLessThanOrEqual(1);
      if (judgement !== 'refused') return;
      if (request.unfinished && result.answers.length === 0) return;
      expect(result.answers).toHaveLength(1);
      expect([400, 408, 413, 417, 431, 501]).toContain(refusals[0].status);
      expect(refusals[0].fields.get('connection')).toBe('close');
    });
  });
});
