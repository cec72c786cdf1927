// Owns the answering server without nginx, and the one that reads uploads: raw sockets, answers made once, requests read only as far as
// their path and Content-Length. It trusts what it gets: proxies under measurement are all that asks it.
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { ANSWERS } from '../requests.ts';
import { REPLICAS } from './answering.ts';

const EMPTY = answer(0);
const BY_PATH = new Map(Object.entries(ANSWERS).map(([path, bytes]) => [path, answer(bytes)]));
const LENGTH = /\r\ncontent-length: *(\d+)\r\n/i;
const CHUNKED = /\r\ntransfer-encoding:/i;
const HEAD_END = '\r\n\r\n';
const LAST_CHUNK = '0\r\n\r\n';

const servers = Array.from({ length: REPLICAS }, () => createServer({ noDelay: true }, serve));
await Promise.all(
  servers.map((server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 4096, resolve))),
);
process.send?.(servers.map((server) => (server.address() as AddressInfo).port));
process.once('disconnect', () => process.exit(0));

function serve(socket: Socket): void {
  let head = '';
  /** Of a body; -1: chunked, until its last chunk. */
  let left = 0;
  let tail = '';
  let response = EMPTY;
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    let at = 0;
    while (at < chunk.length) {
      if (left === 0) {
        const before = head.length;
        head += chunk.toString('latin1', at, Math.min(chunk.length, at + 16_384));
        const end = head.indexOf(HEAD_END);
        if (end < 0) return;
        at += end + HEAD_END.length - before;
        response = BY_PATH.get(pathOf(head)) ?? EMPTY;
        left = bodyOf(head.slice(0, end + 2));
        head = '';
      } else if (left > 0) {
        const taken = Math.min(left, chunk.length - at);
        left -= taken;
        at += taken;
      } else {
        // A proxy may send an upload chunked; none of those measured sends the next request before the answer.
        tail = (tail + chunk.toString('latin1', Math.max(at, chunk.length - 16), chunk.length)).slice(
          -LAST_CHUNK.length,
        );
        at = chunk.length;
        if (tail === LAST_CHUNK) {
          left = 0;
          tail = '';
        }
      }
      if (left === 0) socket.write(response);
    }
  });
}

function pathOf(head: string): string {
  const from = head.indexOf(' ') + 1;
  const to = head.indexOf(' ', from);
  const query = head.indexOf('?', from);
  return head.slice(from, query >= 0 && query < to ? query : to);
}

function bodyOf(head: string): number {
  if (CHUNKED.test(head)) return -1;
  return Number(LENGTH.exec(head)?.[1] ?? 0);
}

function answer(bytes: number): Buffer {
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${bytes}\r\n\r\n`),
    Buffer.alloc(bytes, 0x61),
  ]);
}
