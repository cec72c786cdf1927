// Owns the way into a running Node process: SIGUSR1 opens the inspector that every Node program has, so that nothing of the
// product is made for being measured. What is asked over it is process-facts.ts's.
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const OPEN_MS = 10_000;
const LOOK_MS = 20;
const LOOKS_PER_SIGNAL = 50;
const ANSWER_MS = 30_000;

interface Reply {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly sessionId?: string; readonly message?: string };
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** One thread of the process, main or worker. */
export interface Thread {
  /** @throws Error when the inspector refuses, or does not answer in time */
  ask<Result>(method: string, params?: object): Promise<Result>;
}

export class Inspector {
  readonly #waiting = new Map<string, (reply: Reply) => void>();
  readonly #workers: string[] = [];
  readonly #socket: WebSocket;
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#receive('', JSON.parse(String(data)) as Reply));
  }

  /** @throws Error when the process opens no inspector, most likely because another program has its port */
  static async open(pid: number): Promise<Inspector> {
    const before = new Set(listeningPorts(pid));
    const end = performance.now() + OPEN_MS;
    for (let look = 0; ; look++) {
      // Again now and then: node tries to open it once, and another program may have had the port just then.
      if (look % LOOKS_PER_SIGNAL === 0) process.kill(pid, 'SIGUSR1');
      const port = listeningPorts(pid).find((one) => !before.has(one));
      if (port !== undefined) return Inspector.#connect(port);
      if (performance.now() > end) throw new Error(`process ${pid} opens no inspector: is port 9229 taken?`);
      await delay(LOOK_MS);
    }
  }

  static async #connect(port: number): Promise<Inspector> {
    const list = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as {
      webSocketDebuggerUrl: string;
    }[];
    const socket = new WebSocket(list[0]?.webSocketDebuggerUrl ?? '');
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve());
      socket.addEventListener('error', () => reject(new Error(`the inspector on port ${port} takes no connection`)));
    });
    const inspector = new Inspector(socket);
    await inspector.#ask('', 'NodeWorker.enable', { waitForDebuggerOnStart: false });
    return inspector;
  }

  /** The main thread, then the workers that run now. */
  get threads(): Thread[] {
    return ['', ...this.#workers].map((session) => ({
      ask: <Result>(method: string, params: object = {}) => this.#ask(session, method, params) as Promise<Result>,
    }));
  }

  close(): void {
    this.#socket.close();
  }

  async #ask(session: string, method: string, params: object): Promise<unknown> {
    const id = ++this.#lastId;
    const message = JSON.stringify({ id, method, params });
    const reply = await new Promise<Reply>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${method}: no answer within ${ANSWER_MS} ms`)), ANSWER_MS);
      this.#waiting.set(`${session} ${id}`, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      if (session === '') this.#socket.send(message);
      else void this.#ask('', 'NodeWorker.sendMessageToWorker', { sessionId: session, message }).catch(reject);
    });
    if (reply.error) throw new Error(`${method}: ${reply.error.message}`);
    return reply.result;
  }

  #receive(session: string, reply: Reply): void {
    const { sessionId = '', message = '' } = reply.params ?? {};
    if (reply.method === 'NodeWorker.attachedToWorker') this.#workers.push(sessionId);
    else if (reply.method === 'NodeWorker.detachedFromWorker')
      this.#workers.splice(this.#workers.indexOf(sessionId), 1);
    else if (reply.method === 'NodeWorker.receivedMessageFromWorker')
      this.#receive(sessionId, JSON.parse(message) as Reply);
    else if (reply.id !== undefined) {
      const key = `${session} ${reply.id}`;
      this.#waiting.get(key)?.(reply);
      this.#waiting.delete(key);
    }
  }
}

/** TCP ports on which a process listens; Linux only. */
function listeningPorts(pid: number): number[] {
  const own = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return []; // closed meanwhile
      }
    }),
  );
  const lines = readFileSync(`/proc/${pid}/net/tcp`, 'utf8').trim().split('\n').slice(1);
  return lines.flatMap((line) => {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
    return state === '0A' && own.has(inode) ? [parseInt(local.split(':')[1] ?? '', 16)] : [];
  });
}
