// The contract over a replica that really runs elsewhere: an HTTP server of this test.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describeReplicaRuntime } from '../testing/replica-runtime.contract.js';
import { silentLogger } from '../../telemetry/logger.js';
import type { RuntimeHint } from '../replica-runtime.js';
import { eventually } from '../testing/eventually.js';
import { StaticRuntime, type StaticRuntimeOptions } from './static.runtime.js';

const make = (options: Partial<StaticRuntimeOptions> = {}) =>
  new StaticRuntime({ replicas: [], healthPath: '/', dnsInterval: 30_000, ...options }, silentLogger);

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
    const runtime = make({ replicas: [`S1=${address().url}`], healthPath: '/heartbeat' });
    return { runtime, address: address(), dispose: () => runtime.close() };
  },
});

describe('the static runtime', () => {
  const spec = { slot: 'S1', generation: 1, specHash: 'h', workload: { port: 0, env: {}, healthPath: '/' } };

  it('refuses to create a replica without an address', async () => {
    const runtime = make();
    await expect(runtime.create(spec)).rejects.toMatchObject({ code: 'bad_spec', retryable: false });
  });

  it.each([
    [['S1=ftp://h'], 'http:// URL'],
    [['S1=http://h', 'S2=http://h', 'S1=http://i'], '"S1" twice'],
  ])('refuses REPLICAS=%j before anything starts', async (replicas, reason) => {
    const runtime = make({ replicas });
    await expect(runtime.prepare()).rejects.toMatchObject({
      code: 'bad_spec',
      message: expect.stringContaining(reason),
    });
  });

  it('leaves the replica itself alone when it is stopped and removed', async () => {
    const runtime = make();
    const before = requests;
    const id = await runtime.create({ ...spec, address: address() });
    await runtime.stop(id);
    await runtime.remove(id);
    expect(requests).toBe(before);
    expect((await fetch(address().url)).status).toBe(200);
  });

  it('dials a host name by the address that it has now, and says when that is another one', async () => {
    let answer: string[] = [];
    const lookup = async () => answer.map((each) => ({ address: each }));
    const runtime = make({ dnsInterval: 5, lookup });
    const hints: RuntimeHint[] = [];
    runtime.watch((hint) => hints.push(hint));
    const id = await runtime.create({
      ...spec,
      address: { host: 'web.internal', port: 80, url: 'http://web.internal:80' },
    });
    const seen = async () => (await runtime.list()).map((instance) => instance.address);
    expect(await seen()).toEqual([undefined]);

    for (const host of ['10.0.0.1', '10.0.0.2']) {
      hints.length = 0;
      answer = [host];
      await eventually(async () => expect(await seen()).toEqual([{ host, port: 80 }]));
      expect(hints).toEqual([{ kind: 'changed', instanceId: id }]);
    }
    await runtime.close();
  });
});
