// A short soak over the built program: replicas that are born and die leave neither socket nor descriptor, handle nor timer
// in the two processes. What thousands of them do to memory is `npm run soak`'s.
import { cleanUp } from '../../experiments/system/balancer.ts';
import { churn } from './churn.ts';
import { verdicts } from './result.ts';

afterAll(() => cleanUp(), 120_000);

const linux = process.platform === 'linux' ? describe : describe.skip;

linux('after 40 births and deaths', () => {
  it('both processes hold as many sockets, descriptors, handles and timers as before', async () => {
    const run = await churn({ runtime: 'process', replicas: 8, births: 40, samples: 1 }, () => {});
    const left = verdicts(run).filter(({ what, flat }) => !['rss', 'heap'].includes(what) && !flat);
    expect(left.map(({ process: which, what, reason }) => `${which}: ${what}: ${reason}`)).toEqual([]);
    expect(run.answered).toBeGreaterThan(0);
  }, 600_000);
});
