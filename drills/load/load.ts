// Owns the load as a drill sees it: started, told how it goes, stopped, and the capacity that its rate is chosen by.
import { Worker } from 'node:worker_threads';
import type { SenderResult, SenderTally, SenderTerms } from './load.worker.ts';
import { failed, type LoadPlan } from './plan.ts';

export interface Load {
  /** How far it is, at most half a second old. */
  tally(): SenderTally;
  /** Sends nothing new, waits for what is under way. @throws Error when the sender broke */
  stop(): Promise<SenderResult>;
}

export function startLoad(url: string, plan: LoadPlan): Load {
  return startSender({ url, plan });
}

const CLIENTS = 16;

/** Requests per second that eight clients per core get through for `ms`. @throws Error when requests fail without any fault */
export async function measureCapacity(url: string, plan: LoadPlan, ms: number): Promise<number> {
  const load = startSender({ url, plan, clients: CLIENTS });
  await new Promise((resolve) => setTimeout(resolve, ms));
  const { samples } = await load.stop();
  const lost = samples.find(failed);
  if (lost) throw new Error(`a request failed while nothing was done to the pool: ${JSON.stringify(lost)}`);
  // The first half warms everything up.
  return samples.filter(({ at }) => at >= ms / 2 && at < ms).length / (ms / 2000);
}

function startSender(workerData: SenderTerms): Load {
  const worker = new Worker(new URL('load.worker.ts', import.meta.url), { workerData });
  let tally: SenderTally = { sent: 0, failed: 0 };
  const result = new Promise<SenderResult>((resolve, reject) => {
    worker.on('message', (message: { tally?: SenderTally; result?: SenderResult }) => {
      if (message.tally) tally = message.tally;
      if (message.result) resolve(message.result);
    });
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the sender ended before it was told to')));
  });
  // Awaited at the stop; until then a failure is no unhandled one.
  result.catch(() => {});
  return {
    tally: () => tally,
    stop: () => {
      worker.postMessage('stop');
      return result;
    },
  };
}
