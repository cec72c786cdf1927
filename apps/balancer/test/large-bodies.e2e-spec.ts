// Bodies that are larger than any memory should be: 1 GiB each way through a built data process, which must stay as small as it
// was. The replica and the client are bare sockets, so that both keep up.
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { type Balancer, startBalancer } from './harness.js';
import { LANES } from '../src/proxy/testing/lanes.js';

const MIB = 1024 ** 2;
const LARGE = 1024 * MIB;
/** So much of it goes first: by then every buffer has been made that will be. */
const WARM_UP = 256 * MIB;
/** Of garbage that is not collected yet: an eighth of what passes. */
const SLACK = 128 * MIB;
const CHUNK = Buffer.alloc(256 * 1024, 'x');
const ONE_MIB = CHUNK.length * 4;

/** A replica that writes as much as the path asks for, or reads a body to its end. One request per connection. */
function startReplica(): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (first) => {
      const text = first.toString('latin1');
      if (text.startsWith('GET /heartbeat'))
        socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      else if (text.startsWith('GET /')) {
        const size = Number(/^GET \/(\d+)/.exec(text)?.[1]);
        socket.write(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${size}\r\n\r\n`);
        pour(socket, size);
      } else {
        // The last chunk of a body has no size, and comes in whatever pieces.
        let tail = text.slice(-8);
        const end = () =>
          tail.endsWith('0\r\n\r\n') &&
          socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\ndone');
        socket.on('data', (chunk) => {
          tail = (tail + chunk.toString('latin1', Math.max(0, chunk.length - 8))).slice(-8);
          end();
        });
        end();
      }
    });
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/** As fast as the other side reads. @param framed in chunks of 1 MiB, with the last one */
function pour(socket: Socket, size: number, framed = false): void {
  let left = size;
  const push = () => {
    for (;;) {
      if (left === 0) {
        if (framed) socket.write('\r\n0\r\n\r\n');
        return;
      }
      if (framed && left % ONE_MIB === 0)
        socket.write(`${left === size ? '' : '\r\n'}${ONE_MIB.toString(16)}\r\n`, 'latin1');
      left -= CHUNK.length;
      if (!socket.write(CHUNK)) return void socket.once('drain', push);
    }
  };
  push();
}

interface Passage {
  /** Bytes that came back, the head included. */
  readonly received: number;
  readonly tail: string;
}

/** One request on a connection of its own; resolves when the balancer closes it. */
function pass({ dataUrl }: Balancer, send: (socket: Socket) => void): Promise<Passage> {
  const { hostname: host, port } = new URL(dataUrl);
  return new Promise((resolve, reject) => {
    let received = 0;
    let tail = '';
    const socket = connect({ host, port: Number(port) }, () => send(socket));
    socket.on('data', (chunk) => {
      received += chunk.length;
      tail = chunk.toString('latin1', Math.max(0, chunk.length - 64));
    });
    socket.on('error', reject);
    socket.on('close', () => resolve({ received, tail }));
  });
}

const download = (size: number) => (socket: Socket) =>
  void socket.write(`GET /${size} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n`);
const upload = (size: number) => (socket: Socket) => {
  socket.write('POST / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n');
  pour(socket, size, true);
};

/** Bytes of a process that are in memory. */
function residentOf(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1024;
}

const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux.each(LANES)('1 GiB in the %s lane', (lane) => {
  let replica: Server;
  let balancer: Balancer;
  beforeAll(async () => {
    replica = await startReplica();
    const { port } = replica.address() as AddressInfo;
    balancer = await startBalancer({
      env: { RUNTIME: 'static', REPLICAS: `A=http://127.0.0.1:${port}`, EXPRESS: String(lane === 'express') },
    });
  });
  afterAll(async () => {
    await balancer.stop();
    replica.close();
  });

  /** @returns how far its memory rose over what it was after the first part */
  async function rise(send: (size: number) => (socket: Socket) => void): Promise<{ passage: Passage; bytes: number }> {
    await pass(balancer, send(WARM_UP));
    const before = residentOf(balancer.dataPid);
    let most = before;
    const timer = setInterval(() => (most = Math.max(most, residentOf(balancer.dataPid))), 50);
    try {
      const passage = await pass(balancer, send(LARGE));
      return { passage, bytes: most - before };
    } finally {
      clearInterval(timer);
    }
  }

  it('comes from a replica to a client through flat memory', async () => {
    const { passage, bytes } = await rise(download);
    expect(passage.received).toBeGreaterThan(LARGE);
    expect(passage.received).toBeLessThan(LARGE + 1024);
    expect(bytes).toBeLessThan(SLACK);
  }, 120_000);

  it('goes from a client to a replica, in chunks, through flat memory', async () => {
    const { passage, bytes } = await rise(upload);
    expect(passage.tail).toMatch(/done$/);
    expect(bytes).toBeLessThan(SLACK);
  }, 120_000);
});
