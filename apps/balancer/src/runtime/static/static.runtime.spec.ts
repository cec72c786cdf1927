// The contract over a replica that really runs elsewhere: an HTTP server of this test.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describeReplicaRuntime } from '../testing/replica-runtime.contract.js';
import { StaticRuntime } from './static.runtime.js';

let server: Server;
let requests = 0;
const address = () => {
  const { port } = server.address() as AddressInfo;
  return { host: '127.0.0.1', port, url: `http://127.0.0.1:${port}` };
};

beforeAll(async () => {
  server = createServer((_, response) => {
    requests++;
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describeReplicaRuntime('the static runtime', {
  ownsLife: false,
  async makeBench() {
    const runtime = new StaticRuntime({ replicas: [`S1=${address().url}`], healthPath: '/heartbeat' });
    return { runtime, address: address(), dispose: () => runtime.close() };
  },
});

describe('the static runtime', () => {
  const spec = { slot: 'S1', generation: 1, specHash: 'h', workload: { port: 0, env: {}, healthPath: '/' } };

  it('refuses to create a replica without an address', async () => {
    const runtime = new StaticRuntime({ replicas: [], healthPath: '/' });
    await expect(runtime.create(spec)).rejects.toMatchObject({ code: 'bad_spec', retryable: false });
  });

  it.each([
    [['S1=ftp://h'], 'http:// URL'],
    [['S1=http://h', 'S2=http://h', 'S1=http://i'], '"S1" twice'],
  ])('refuses REPLICAS=%j before anything starts', async (replicas, reason) => {
    const runtime = new StaticRuntime({ replicas, healthPath: '/' });
    await expect(runtime.prepare()).rejects.toMatchObject({
      code: 'bad_spec',
      message: expect.stringContaining(reason),
    });
  });

  it('leaves the replica itself alone when it is stopped and removed', async () => {
    const runtime = new StaticRuntime({ replicas: [], healthPath: '/' });
    const before = requests;
    const id = await runtime.create({ ...spec, address: address() });
    await runtime.stop(id);
    await runtime.remove(id);
    expect(requests).toBe(before);
    expect((await fetch(address().url)).status).toBe(200);
  });
});
