// The replica of the drills: answers, and writes down what reached it and when, so that promises about requests are graded
// from the replicas' own notes. One file without dependencies: a program on the process runtime, mounted into a container on
// Docker. Reading the notes is ../evidence/replica-log.ts's.
//
//   GET  /heartbeat            200; noted `P`
//   GET|POST /work/ID          200 {"replica","instance","edition"}; noted `R … ID` when its head arrives
//   POST /behave?delay=MS      from now on work is answered so late; `never` = not at all. Probes are answered as ever
import { mkdirSync, openSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** One monotonic clock for all processes of this machine, in containers too. Milliseconds. */
const now = () => (Number(process.hrtime.bigint()) / 1e6).toFixed(3);
const name = process.env.SERVER_ID ?? 'unnamed';
const edition = process.env.DRILL_EDITION ?? '';
const instance = `${hostname()}-${process.pid}-${Math.round(now())}`;
const folder = process.env.DRILL_LOG ?? '.';

mkdirSync(folder, { recursive: true });
const file = openSync(join(folder, `${instance}.log`), 'a', 0o666);
// Synchronous: what is noted survives a SIGKILL in the next moment.
const note = (what) => void writeSync(file, `${what}\n`);
note(`S ${now()} ${name}`);

let delay = 0;
let stopping = false;

const server = createServer((request, response) => {
  response.once('finish', () => {
    if (stopping) setImmediate(() => server.closeIdleConnections());
  });
  if (stopping) response.setHeader('Connection', 'close');
  const { pathname, searchParams } = new URL(request.url, 'http://replica');
  if (pathname === '/heartbeat') {
    note(`P ${now()}`);
    response.end();
  } else if (pathname === '/behave' && request.method === 'POST') {
    delay = searchParams.get('delay') === 'never' ? Infinity : Number(searchParams.get('delay'));
    response.end();
  } else if (pathname.startsWith('/work/')) {
    note(`R ${now()} ${pathname.slice('/work/'.length)}`);
    request.resume();
    request.once('end', () => answerWork(request, response));
  } else {
    response.writeHead(404).end();
  }
});

function answerWork(request, response) {
  const replica = request.headers['x-hashflow-replica'] || name;
  const body = JSON.stringify({ replica, instance, edition });
  const send = () => response.writeHead(200, { 'Content-Type': 'application/json' }).end(body);
  if (delay === 0) send();
  else if (delay !== Infinity) setTimeout(send, delay);
}

// Longer than any idle time of a balancer in front: the replica never closes first.
server.keepAliveTimeout = 65_000;
server.listen(Number(process.env.PORT ?? 5000), process.env.HOST ?? '0.0.0.0');
process.on('SIGTERM', () => {
  note(`T ${now()}`);
  stopping = true;
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
