import { describe, expect, it } from '@jest/globals';
import { type QueueWaiter, RECHECK, RequestQueue } from './request-queue.js';

function queueOf(capacity = 10) {
  const turns: (() => void)[] = [];
  const left: number[] = [];
  const queue = new RequestQueue({
    capacity,
    defer: (serve) => void turns.push(serve),
    deadlines: { follow: () => {} },
    onLeft: (waited) => void left.push(waited),
  });
  return { queue, turns, left };
}

const waiter = (asked: string[], name: string, answer: boolean): QueueWaiter => ({
  onVacancy: () => {
    asked.push(name);
    return answer;
  },
});

describe('the queue', () => {
  it('asks in the order of arrival, until one says that there is no room at all', () => {
    const { queue, turns } = queueOf();
    const asked: string[] = [];
    queue.enter(waiter(asked, 'choosy', true), 0);
    queue.enter(waiter(asked, 'first', false), 1);
    queue.enter(waiter(asked, 'second', false), 2);
    turns[0]();
    expect(asked).toEqual(['choosy', 'first']);
  });

  it('asks once per turn, however many replicas were let go of in it', () => {
    const { queue, turns } = queueOf();
    queue.look();
    expect(turns).toHaveLength(0);
    queue.enter(waiter([], 'only', false), 0);
    for (let time = 0; time < 5; time++) queue.look();
    expect(turns).toHaveLength(1);
  });

  it('looks by itself while anybody waits, for what other workers let go of', () => {
    const { queue } = queueOf();
    const asked: string[] = [];
    const only = waiter(asked, 'only', false);
    expect(queue.deadline).toBe(Infinity);
    queue.enter(only, 100);
    expect(queue.deadline).toBe(100 + RECHECK);
    queue.onDeadline(120);
    expect([asked, queue.deadline]).toEqual([['only'], 120 + RECHECK]);
    queue.leave(only, 130);
    queue.onDeadline(140);
    expect([asked.length, queue.deadline]).toEqual([1, Infinity]);
  });

  it('tells how long each was in it, once', () => {
    const { queue, left } = queueOf(1);
    const only = waiter([], 'only', false);
    queue.enter(only, 100);
    expect([queue.length, queue.hasRoom]).toEqual([1, false]);
    queue.leave(only, 350);
    queue.leave(only, 400);
    expect([left, queue.hasRoom]).toEqual([[250], true]);
  });
});
