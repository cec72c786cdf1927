// What the notes of replicas prove, from small pools written by hand.
import { describe, expect, it } from '@jest/globals';
import type { Sample } from '../load/plan.js';
import { countArrivals as count, lostWithInstance } from './counting.js';
import { parseNotes } from './replica-notes.js';

const notes = (instance: string, ...lines: string[]) => parseNotes(instance, lines.map((line) => `${line}\n`).join(''));

const countArrivals = (
  where: Parameters<typeof count>[0],
  closed: Parameters<typeof count>[1],
  samples: Parameters<typeof count>[2] = [],
  doomed: Parameters<typeof count>[4] = [],
) => count(where, closed, samples, 0, doomed);

describe('the notes of a replica', () => {
  it('tell its name, its birth, its first probe, its end, and each request', () => {
    expect(notes('h-1-100', 'S 100.5 Server 2', 'P 120', 'P 140', 'R 130 GET-1', 'T 900')).toEqual({
      instance: 'h-1-100',
      name: 'Server 2',
      bornAt: 100.5,
      firstProbeAt: 120,
      termAt: 900,
      requests: [{ at: 130, id: 'GET-1' }],
    });
  });

  it('are read up to the line that a SIGKILL cut off', () => {
    const cut = parseNotes('h-1-1', 'S 1 A\nP 2\nR 3 GET-1\nR 4 GE');
    expect(cut.requests).toEqual([{ at: 3, id: 'GET-1' }]);
    expect(cut.termAt).toBeUndefined();
  });
});

describe('arrivals at the replicas', () => {
  it('count a request that came again, wherever, and name the POSTs among them', () => {
    const counting = countArrivals(
      [
        notes('a', 'S 0 A', 'P 1', 'R 2 GET-1', 'R 3 POST-2'),
        notes('b', 'S 0 B', 'P 1', 'R 4 GET-1', 'R 5 POST-2', 'R 6 GET-3'),
        notes('c', 'S 0 C', 'P 1', 'R 7 GET-1'),
      ],
      [],
    );
    expect(counting).toEqual({ arrivals: 6, retried: 3, postsTwice: ['POST-2'], early: [], late: [] });
  });

  it('do not count what was asked beside the load', () => {
    const counting = countArrivals([notes('a', 'S 0 A', 'P 1', 'R 2 o1', 'R 3 o1', 'R 4 rehearsal-POST-1')], []);
    expect(counting).toMatchObject({ arrivals: 0, retried: 0, postsTwice: [] });
  });

  it('before the first passed probe, or without any, are early', () => {
    const counting = countArrivals([notes('a', 'S 0 A', 'R 9 GET-1', 'P 10'), notes('b', 'S 0 B', 'R 5 GET-2')], []);
    expect(counting.early).toEqual(['GET-1 at a', 'GET-2 at b']);
  });

  it('after SIGTERM are late', () => {
    const counting = countArrivals([notes('a', 'S 0 A', 'P 1', 'R 9 GET-1', 'T 10', 'R 11 GET-2')], []);
    expect(counting.late).toEqual(['GET-2 at a']);
  });

  it('are not late where a frozen replica notes at its end what it was sent, and others have answered, before', () => {
    const frozen = notes('a', 'S 0 A', 'P 1', 'T 100', 'R 101 GET-2', 'R 102 GET-3');
    const sample = {
      method: 'GET',
      key: 0,
      status: 200,
      cause: null,
      replica: 'B',
      instance: 'b',
      edition: '',
    } as const;
    const samples = [
      { ...sample, id: 'GET-2', at: 40, ms: 50 },
      { ...sample, id: 'GET-3', at: 40, ms: 61 },
    ];
    expect(countArrivals([frozen], [], samples).late).toEqual(['GET-3 at a']);
    // One that the drill itself froze reads even later what it was sent before.
    expect(countArrivals([frozen], [], samples, [{ token: 'a', at: 30 }]).late).toEqual([]);
    const afterwards = [{ ...sample, id: 'GET-2', at: 101, ms: 5 }];
    expect(countArrivals([frozen], [], afterwards, [{ token: 'a', at: 30 }]).late).toContain('GET-2 at a');
  });

  it('are late while the balancer has promised to send none, but for what was under way', () => {
    const arrivals = notes('a', 'S 0 A', 'P 1', 'R 999 GET-1', 'R 1100 GET-2', 'R 1500 GET-3', 'R 2001 GET-4');
    const closed = [{ name: 'A', from: 1000, to: 2000 }];
    expect(countArrivals([arrivals], closed).late).toEqual(['GET-3 at a']);
    expect(countArrivals([arrivals], [{ name: 'B', from: 0, to: Infinity }]).late).toEqual([]);
  });
});

describe('a POST that is lost with its instance', () => {
  const post = (changes: Partial<Sample>): Sample => ({
    id: 'POST-4',
    method: 'POST',
    key: 0,
    at: 1000,
    ms: 50,
    status: 502,
    cause: 'upstream_closed',
    replica: null,
    instance: null,
    edition: null,
    ...changes,
  });
  const doomed = [{ token: 'h-7-', at: 5_020 }];
  const began = 4_000;
  const at = (...instances: string[]) => instances.map((one) => notes(one, 'S 0 A', 'P 1', 'R 5010 POST-4'));

  it('was with a doomed instance, and nowhere else', () => {
    expect(lostWithInstance([post({})], at('h-7-1'), doomed, began)).toEqual(new Set(['POST-4']));
    expect(lostWithInstance([post({ status: 504, cause: 'response_timeout' })], at('h-7-1'), doomed, began).size).toBe(
      1,
    );
  });

  it('may have been in the kernel only, if an instance was doomed while it was under way', () => {
    expect(lostWithInstance([post({})], [], doomed, began).size).toBe(1);
    expect(lostWithInstance([post({})], [], [{ token: 'h-7-', at: 5_051 }], began).size).toBe(0);
    expect(lostWithInstance([post({})], [], [], began).size).toBe(0);
  });

  it.each([
    ['was with another instance', [post({})], at('h-8-1')],
    ['was with another instance too', [post({})], at('h-7-1', 'h-8-1')],
    ['is a GET, which could have gone elsewhere', [post({ method: 'GET' as const })], at('h-7-1')],
    ['got no answer', [post({ status: 0, cause: 'ECONNRESET' })], at('h-7-1')],
    ['was answered with another cause', [post({ status: 503, cause: 'no_replica' })], at('h-7-1')],
    ['was answered', [post({ status: 200, cause: null })], at('h-7-1')],
  ])('is none where it %s', (_, samples, where) => {
    expect(lostWithInstance(samples, where, doomed, began).size).toBe(0);
  });
});
