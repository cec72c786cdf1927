// Owns the load generator, a process of its own: keeps a fixed number of clients busy, checks every answer, and tells how many there
// were and how long they took. It is started by load.ts, and ends when its parent lets go.
import { Histogram } from '../histogram.ts';
import { ANSWERS, requestBytes } from '../requests.ts';
import { Client } from './client.ts';
import type { Order, Ran, Reply, Target } from './orders.ts';

/** So many connections are being opened at a time, and no more: a flood of them is another measurement. */
const OPENING = 64;

let clients: Client[] = [];
let latencies = new Histogram();
/** Which may go on after an answer. */
let goesOn: () => boolean = () => false;
let underway = 0;
let onQuiet: () => void = () => {};
let onFailed: (error: Error) => void = () => {};
/** What went wrong since the last order, while nobody waited for it. */
let failure: Error | undefined;

process.on('message', (order: Order) => {
  const failed = new Promise<never>((_, reject) => {
    onFailed = reject;
    if (failure) reject(failure);
  });
  Promise.race([failed, obey(order)]).then(
    (done) => reply({ done }),
    (error: Error) => {
      closeAll();
      failure = undefined;
      reply({ failed: error.message });
    },
  );
});
process.once('disconnect', () => process.exit(0));

async function obey(order: Order): Promise<Ran | null> {
  switch (order.type) {
    case 'open':
      await openAll(order.target);
      return null;
    case 'run': {
      const endsAt = performance.now() + order.milliseconds;
      return send(() => performance.now() < endsAt);
    }
    case 'send': {
      let left = order.requests - clients.length;
      return send(() => left-- > 0);
    }
    case 'close':
      closeAll();
      return null;
  }
}

async function openAll({ port, connections, ask }: Target): Promise<void> {
  const expected = ANSWERS[ask.path];
  const shared = { port, expected, close: ask.close, traced: ask.traced === true, onAnswer, onError };
  clients = Array.from(
    { length: connections },
    (_, number) => new Client({ ...shared, number, request: requestBytes(ask, number) }),
  );
  let next = 0;
  const first = () => {
    const client = clients[next++];
    if (client) begin(client);
  };
  goesOn = () => {
    first();
    return false;
  };
  const quiet = quietness();
  for (let k = 0; k < Math.min(OPENING, connections); k++) first();
  await quiet;
}

async function send(more: () => boolean): Promise<Ran> {
  latencies = new Histogram();
  goesOn = more;
  const began = performance.now();
  const quiet = quietness();
  for (const client of clients) begin(client);
  await quiet;
  return {
    requests: latencies.total,
    seconds: (performance.now() - began) / 1000,
    p50: latencies.quantile(0.5) / 1000,
    p99: latencies.quantile(0.99) / 1000,
  };
}

function quietness(): Promise<void> {
  return new Promise((resolve) => (onQuiet = resolve));
}

function begin(client: Client): void {
  underway += 1;
  client.send();
}

function onAnswer(nanoseconds: number): boolean {
  latencies.record(nanoseconds);
  if (goesOn()) return true;
  underway -= 1;
  if (underway === 0) onQuiet();
  return false;
}

function onError(error: Error): void {
  failure ??= error;
  onFailed(error);
}

function closeAll(): void {
  for (const client of clients) client.end();
  clients = [];
  underway = 0;
}

function reply(message: Reply): void {
  process.send?.(message);
}
