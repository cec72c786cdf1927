// How far OPTIONS and TRACE may go (RFC 9110, 7.6.2): each hop counts down, and the one that gets 0 answers.
import { afterEach, describe, expect, it } from '@jest/globals';
import { LaneRig } from '../testing/lane-rig.js';
import { LANES } from '../testing/lanes.js';
import { rawClient, rawExchange } from '../testing/raw-client.js';
import { startUpstream, type Upstream } from '../testing/upstream.js';

describe.each(LANES)('Max-Forwards, in the %s lane', (lane) => {
  const rig = new LaneRig(lane);
  afterEach(() => rig.close());
  async function serve(): Promise<Upstream> {
    const replica = rig.track(await startUpstream('A'));
    await rig.serve([{ replica: 'A', port: replica.port }]);
    return replica;
  }
  const ask = (method: string, fields: string, target = '/x') =>
    rawExchange(rig.plane.port, `${method} ${target} HTTP/1.1\r\nHost: a\r\n${fields}Connection: close\r\n\r\n`);

  it.each([
    ['OPTIONS', '5', '4'],
    ['OPTIONS', '1', '0'],
    ['TRACE', '10', '9'],
    ['OPTIONS', 'soon', 'soon'],
    ['OPTIONS', '-1', '-1'],
    // Of other methods nobody asks it, and none of them needs to be told apart for it.
    ['GET', '0', '0'],
    ['POST', '3', '3'],
    ['DELETE', '0', '0'],
  ])('of %s goes from %s to %s', async (method, before, after) => {
    const replica = await serve();
    expect(await ask(method, `Max-Forwards: ${before}\r\n`)).toMatch(/^HTTP\/1\.1 200 /);
    expect(replica.seen[0].headers['max-forwards']).toBe(after);
    expect(replica.seen[0].rawHeaders.filter((name) => /^max-forwards$/i.test(name))).toHaveLength(1);
  });

  it('is counted down for OPTIONS behind a GET with the same fields', async () => {
    const replica = await serve();
    const client = await rawClient(rig.plane.port);
    for (const [index, method] of ['GET', 'GET', 'GET', 'OPTIONS'].entries()) {
      client.write(`${method} / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 3\r\n\r\n`);
      await client.until(new RegExp(`(?:HTTP/1.1 200 [^]*?\\r\\n\\r\\n[^]*?){${index + 1}}$`));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(replica.seen.map(({ headers }) => headers['max-forwards'])).toEqual(['3', '3', '3', '2']);
    client.socket.destroy();
  });

  it.each(['/x', '*'])('of 0 lets OPTIONS %s go no further: the balancer answers', async (target) => {
    const replica = await serve();
    const text = await ask('OPTIONS', 'Max-Forwards: 0\r\n', target);
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*Content-Length: 0\r\n[^]*\r\n\r\n$/i);
    expect(replica.seen).toEqual([]);
  });

  it('of 0 lets TRACE go no further: the balancer says what came, but for credentials', async () => {
    const replica = await serve();
    const text = await ask(
      'TRACE',
      'Max-Forwards: 00\r\nX-A: 1\r\nCookie: s=1\r\nAuthorization: x\r\nVia: 1.1 cdn\r\n',
    );
    const [head, body] = [text.slice(0, text.indexOf('\r\n\r\n')), text.slice(text.indexOf('\r\n\r\n') + 4)];
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*Content-Type: message\/http(?:\r\n|$)/i);
    expect(body).toBe(
      'TRACE /x HTTP/1.1\r\nHost: a\r\nMax-Forwards: 00\r\nX-A: 1\r\nVia: 1.1 cdn\r\nConnection: close\r\n\r\n',
    );
    expect(replica.seen).toEqual([]);
  });

  it('of 0 leaves the connection to the next request', async () => {
    const replica = await serve();
    const text = await rawExchange(
      rig.plane.port,
      'OPTIONS / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    );
    expect(text.match(/HTTP\/1\.1 200 /g)).toHaveLength(2);
    expect(replica.seen.map(({ url }) => url)).toEqual(['/next']);
  });
});
