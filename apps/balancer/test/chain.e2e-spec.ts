// Balancers over static replicas that are named by host: who they are in Via, how a loop ends, and that a restart costs nothing.
import { lookup } from 'node:dns/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { freePort } from '../src/proxy/testing/free-port.js';
import { type Balancer, eventually, pause, startBalancer } from './harness.js';
import { call, steadyLoad } from './http-client.js';

const OURS = /^hashflow-[0-9a-f]{8}$/;
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function start(replicas: string, env: Record<string, string> = {}, home?: Balancer['home']): Promise<Balancer> {
  const balancer = await startBalancer({
    home,
    // Who loops would never pass a probe that asks for an answer.
    env: { RUNTIME: 'static', REPLICAS: replicas, HEALTH_PROTOCOL: 'tcp', ...env },
  });
  ends.push(async () => balancer.stop());
  return balancer;
}

/** Tells the Via that it was sent. @param address that it is bound to */
async function replica(address = '127.0.0.1'): Promise<number> {
  const server: Server = createServer((request, response) => response.end(request.headers.via));
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  ends.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const names = (via: string) => via.split(', ').map((entry) => entry.split(' ')[1]);

it('two balancers in a row are told apart, and stay who they are over a restart', async () => {
  const inner = await start(`last=http://localhost:${await replica()}`);
  const edge = await start(`inner=http://localhost:${new URL(inner.dataUrl).port}`);
  const [first, second, ...more] = names((await call(edge.dataUrl)).text);
  expect([first, second]).toEqual([expect.stringMatching(OURS), expect.stringMatching(OURS)]);
  expect(more).toEqual([]);
  expect(first).not.toBe(second);

  await edge.stop('SIGTERM');
  const again = await start(`inner=http://localhost:${new URL(inner.dataUrl).port}`, {}, edge.home);
  expect(names((await call(again.dataUrl)).text)).toEqual([first, second]);
});

it('a balancer that is its own replica answers 508 after one round', async () => {
  const port = String(await freePort());
  const balancer = await start(`self=http://localhost:${port}`, { PORT: port });
  const answer = await call(`${balancer.dataUrl}/somewhere`);
  expect(answer.status).toBe(508);
  expect(answer.json).toEqual({ message: 'The request has passed this balancer before', status: 'failure' });
  // A request is counted when its last byte is out, which may be a moment after its client has it.
  await eventually('it is counted, once', async () => {
    const { text } = await call(`${balancer.adminUrl}/metrics`);
    return /^hashflow_requests_total\{.*cause="loop_detected".*\} 1$/m.test(text) ? true : undefined;
  });
});

it('control that dies and comes again costs no request to replicas that are named by host (TRAPS 4)', async () => {
  // Not by localhost, which is not looked up. A machine that does not know its own name has no other.
  const [name, address] = await lookup(hostname(), 4).then(
    (found) => [hostname(), found.address],
    () => ['localhost', '127.0.0.1'],
  );
  const replicas = `a=http://${name}:${await replica(address)},b=http://${name}:${await replica(address)}`;
  const first = await start(replicas);
  const load = steadyLoad(first.dataUrl);
  await pause(200);
  await first.kill9();
  await start(replicas, {}, first.home);
  expect((await load.stop(100)).failures).toEqual([]);
});
