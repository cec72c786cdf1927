import { SignalPolicy } from './signals.js';

describe('a signal', () => {
  it('ends the pool when it is Ctrl-C, and leaves replicas running when it is SIGTERM or a lost terminal', () => {
    expect(new SignalPolicy().next('SIGINT', 5)).toBe('end');
    expect(new SignalPolicy().next('SIGTERM', 5)).toBe('leave');
    expect(new SignalPolicy().next('SIGHUP', 5)).toBe('leave');
  });

  it('counts once when it echoes within a second', () => {
    const policy = new SignalPolicy();
    policy.next('SIGINT', 1000);
    expect(policy.next('SIGINT', 1001)).toBeUndefined();
    expect(policy.next('SIGTERM', 1999)).toBeUndefined();
  });

  it('stops at once when it comes again later', () => {
    const policy = new SignalPolicy();
    policy.next('SIGINT', 1000);
    policy.next('SIGINT', 1001);
    expect(policy.next('SIGINT', 2000)).toBe('now');
    expect(policy.next('SIGTERM', 2500)).toBe('now');
  });
});
