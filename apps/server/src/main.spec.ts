// The sample replica as a real process: started, asked over a socket, signalled.
import { afterEach, describe, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';

// Node 24 strips the types itself: the source is what runs.
const MAIN = join(import.meta.dirname, 'main.ts');
const children: ChildProcess[] = [];

interface Replica {
  readonly child: ChildProcess;
  readonly port: number;
  readonly url: string;
}

function launch(env: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  return child;
}

async function firstLine(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = '';
  for await (const chunk of stream!) {
    text += String(chunk);
    if (text.includes('\n')) break;
  }
  return text;
}

async function start(env: Record<string, string> = {}): Promise<Replica> {
  const child = launch({ HOST: '127.0.0.1', PORT: '0', SERVER_ID: 'Server 1', ...env });
  const port = Number(/:(\d+)\s*$/m.exec(await firstLine(child.stdout))?.[1]);
  return { child, port, url: `http://127.0.0.1:${port}` };
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

async function openSocket(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

afterEach(() => {
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
});

describe('the sample replica', () => {
  it('says hello in its own name on /home', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/home?x=1`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({ message: 'Hello from Server: Server 1', status: 'successful' });
  });

  it('says hello in the name that the balancer calls it', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/home`, { headers: { 'X-HashFlow-Replica': 'S "5"' } });
    expect(await response.json()).toEqual({ message: 'Hello from Server: S "5"', status: 'successful' });
  });

  it('answers /heartbeat with an empty 200', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/heartbeat`);
    expect([response.status, await response.text()]).toEqual([200, '']);
  });

  it.each([
    ['GET', '/other'],
    ['POST', '/other'],
    ['GET', '/'],
    ['GET', '/home/'],
    ['DELETE', '/%68ome'],
  ])('refuses %s %s as an endpoint that does not exist', async (method, path) => {
    const { url } = await start();
    const response = await fetch(`${url}${path}?q=1`, { method });
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({
      message: `<Error> '${path}' endpoint does not exist in server replicas`,
      status: 'failure',
    });
  });

  it('answers HEAD as GET, without a body', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/home`, { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(0);
  });

  it('answers 405 to other methods, also with a body, and keeps the connection usable', async () => {
    const { port } = await start();
    const socket = await openSocket(port);
    let text = '';
    socket.on('data', (chunk) => (text += String(chunk)));
    socket.write(
      'POST /home HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /heartbeat HTTP/1.1\r\nHost: x\r\n\r\n',
    );
    while (!text.includes('HTTP/1.1 200')) await once(socket, 'data');
    expect(text).toMatch(/^HTTP\/1\.1 405 /);
    expect(text).toContain('Allow: GET, HEAD');
    socket.destroy();
  });

  it('finishes the request in flight on SIGTERM, takes no new connection, and exits 0', async () => {
    const { child, port } = await start();
    const idle = await openSocket(port);
    const busy = await openSocket(port);
    busy.write('GET /home HTTP/1.1\r\nHost: x\r\n');
    // A full exchange on another connection: by then the half request has arrived as well.
    idle.write('GET /heartbeat HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(idle, 'data');

    child.kill('SIGTERM');
    await once(idle, 'close');
    const refused = connect(port, '127.0.0.1');
    const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toMatch(/^ECONN(REFUSED|RESET)$/);

    busy.write('\r\n');
    const [answer] = (await once(busy, 'data')) as [Buffer];
    expect(String(answer)).toMatch(/^HTTP\/1\.1 200 /);
    expect(String(answer)).toMatch(/connection: close/i);
    expect(await exitOf(child)).toBe(0);
  });

  it('exits 1 and says why when its port is taken', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as { port: number };
    const child = launch({ HOST: '127.0.0.1', PORT: String(port) });
    expect(await firstLine(child.stderr)).toContain(`cannot listen on 127.0.0.1:${port}`);
    expect(await exitOf(child)).toBe(1);
    holder.close();
  });

  it.each(['70000', 'http', '-1'])('exits 1 on PORT=%s', async (port) => {
    const child = launch({ PORT: port });
    expect(await firstLine(child.stderr)).toContain('must be a number from 0 to 65535');
    expect(await exitOf(child)).toBe(1);
  });
});
