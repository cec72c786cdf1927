// Replicas that are dialled by name: only those of this machine, see ADR 0012.
import dns from 'node:dns';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';

/** Of localhost, as most machines have them; this one may have one of them only. */
const LOOPBACK = [
  { address: '::1', family: 6 },
  { address: '127.0.0.1', family: 4 },
];

/** Not every machine has IPv6. */
const own = Object.values(networkInterfaces()).flatMap((list) => list?.map(({ address }) => address) ?? []);
const here = LOOPBACK.filter(({ address }) => own.includes(address));

describe.each(LANES)('a replica named localhost, in the %s lane', (lane) => {
  beforeEach(() => {
    const { lookup } = dns;
    const answer = (host: string, ...rest: unknown[]) => {
      if (host !== 'localhost') return (lookup as (...args: unknown[]) => void)(host, ...rest);
      (rest.at(-1) as (error: null, list: object) => void)(null, LOOPBACK);
    };
    jest.spyOn(dns, 'lookup').mockImplementation(answer);
  });
  afterEach(() => void jest.restoreAllMocks());

  it.each(here)('is found when it is bound to $address alone', async ({ address }) => {
    const server = createServer((_request, response) => response.end('here'));
    await new Promise<void>((resolve) => server.listen(0, address, resolve));
    const plane = await startInlinePlane({ express: lane === 'express' });
    try {
      await plane.route([{ replica: 'A', host: 'localhost', port: (server.address() as AddressInfo).port }]);
      for (let time = 0; time < 2; time++) expect(await (await fetch(plane.url)).text()).toBe('here');
    } finally {
      await plane.close();
      server.closeAllConnections();
      server.close();
    }
  });
});
