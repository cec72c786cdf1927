// Owns ending one worker thread of a running process from outside, which no signal can: SIGUSR1 opens node's own inspector
// on loopback, and through it the thread is told to exit. Nothing in the product is prepared for it.
import { Skipped } from '../drill.ts';
import { pause } from './clock.ts';

const INSPECTOR = 'http://127.0.0.1:9229';
const OPEN_MS = 5_000;
const LOOK_MS = 50;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly sessionId?: string; readonly message?: string };
  readonly result?: { readonly result?: { readonly value?: unknown } };
}

/** @throws Skipped where the inspector's port belongs to somebody else */
export async function endWorker(pid: number): Promise<void> {
  if (await debuggerUrl()) throw new Skipped(`another program uses ${INSPECTOR}`);
  process.kill(pid, 'SIGUSR1');
  const socket = new WebSocket(await opened());
  try {
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve, { once: true });
      socket.addEventListener('error', () => reject(new Skipped('the inspector does not answer')), { once: true });
    });
    const session = new InspectorSession(socket);
    // The port could have been taken by another program in the same moment.
    const answer = await session.call('Runtime.evaluate', { expression: 'process.pid' });
    if (answer.result?.result?.value !== pid) throw new Skipped(`another program uses ${INSPECTOR}`);
    const attached = session.next('NodeWorker.attachedToWorker');
    await session.call('NodeWorker.enable', { waitForDebuggerOnStart: false });
    const sessionId = (await attached).params?.sessionId;
    // The thread is gone before it can answer.
    const message = JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression: 'process.exit(1)' } });
    await session.call('NodeWorker.sendMessageToWorker', { sessionId, message });
    await session.next('NodeWorker.detachedFromWorker');
    // Left open it would hold the port for as long as the process lives.
    const close = 'setTimeout(() => process.getBuiltinModule("inspector").close(), 50)';
    await session.call('Runtime.evaluate', { expression: close });
  } finally {
    socket.close();
  }
}

class InspectorSession {
  readonly #socket: WebSocket;
  #lastId = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  call(method: string, params: object): Promise<Message> {
    const id = ++this.#lastId;
    const answer = this.#first((message) => message.id === id);
    this.#socket.send(JSON.stringify({ id, method, params }));
    return answer;
  }

  next(method: string): Promise<Message> {
    return this.#first((message) => message.method === method);
  }

  #first(wanted: (message: Message) => boolean): Promise<Message> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the inspector does not answer')), OPEN_MS);
      const listen = ({ data }: MessageEvent) => {
        const message = JSON.parse(String(data)) as Message;
        if (!wanted(message)) return;
        clearTimeout(timer);
        this.#socket.removeEventListener('message', listen);
        resolve(message);
      };
      this.#socket.addEventListener('message', listen);
    });
  }
}

async function opened(): Promise<string> {
  for (let waited = 0; waited < OPEN_MS; waited += LOOK_MS) {
    const url = await debuggerUrl();
    if (url) return url;
    await pause(LOOK_MS);
  }
  throw new Skipped('the data process opens no inspector');
}

/** undefined: nobody listens there. */
async function debuggerUrl(): Promise<string | undefined> {
  try {
    const list = (await (await fetch(`${INSPECTOR}/json/list`)).json()) as { webSocketDebuggerUrl: string }[];
    return list[0]?.webSocketDebuggerUrl;
  } catch {
    return undefined;
  }
}
