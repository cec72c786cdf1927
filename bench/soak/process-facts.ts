// Owns what one process holds at a moment: memory and descriptors by the kernel, heap, timers and sockets by its own
// threads. When to look is churn.ts's, what a series of looks means flatness.ts's.
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { Inspector, type Thread } from '../system/inspector.ts';

export interface ProcessFacts {
  /** MiB that the kernel counts as resident. */
  readonly rss: number;
  /** MiB of live objects in the heaps of all threads, after a collection. */
  readonly heap: number;
  /** Open descriptors that are sockets, pipes and terminals included in none. */
  readonly sockets: number;
  /** Open descriptors of any kind. */
  readonly descriptors: number;
  /** What keeps the event loops of all threads alive: handles and requests. */
  readonly handles: number;
  /** Timers that are set, whether or not they keep an event loop alive. */
  readonly timers: number;
  /** Objects of net.Socket that live. */
  readonly socketObjects: number;
}

const MIB = 1024 * 1024;
const TIMER = 'const t = setTimeout(() => {}, 0); clearTimeout(t); Object.getPrototypeOf(t)';
const SOCKET = "process.getBuiltinModule('node:net').Socket.prototype";

export class ProcessWatch {
  readonly #pid: number;
  readonly #inspector: Inspector;

  private constructor(pid: number, inspector: Inspector) {
    this.#pid = pid;
    this.#inspector = inspector;
  }

  /** @throws Error on anything but Linux, and where the process opens no inspector */
  static async begin(pid: number): Promise<ProcessWatch> {
    return new ProcessWatch(pid, await Inspector.open(pid));
  }

  async look(): Promise<ProcessFacts> {
    const threads = await Promise.all(this.#inspector.threads.map(threadFacts));
    const sum = (of: (facts: ThreadFacts) => number) => threads.reduce((total, facts) => total + of(facts), 0);
    return {
      rss: residentMiB(this.#pid),
      heap: sum(({ heap }) => heap) / MIB,
      ...descriptorsOf(this.#pid),
      handles: sum(({ handles }) => handles),
      timers: sum(({ timers }) => timers),
      socketObjects: sum(({ socketObjects }) => socketObjects),
    };
  }

  /** Or the process would wait for us at its end. */
  end(): void {
    this.#inspector.close();
  }
}

interface ThreadFacts {
  readonly heap: number;
  readonly handles: number;
  readonly timers: number;
  readonly socketObjects: number;
}

async function threadFacts(thread: Thread): Promise<ThreadFacts> {
  const timers = await instancesOf(thread, TIMER, '!one._destroyed');
  const socketObjects = await instancesOf(thread, SOCKET, 'true');
  await thread.ask('HeapProfiler.collectGarbage');
  const { usedSize } = await thread.ask<{ usedSize: number }>('Runtime.getHeapUsage');
  const handles = await evaluate<{ value: number }>(thread, 'process.getActiveResourcesInfo().length');
  return { heap: usedSize, handles: handles.value, timers, socketObjects };
}

/** How many live objects have this prototype and are counted; asking collects garbage first. */
async function instancesOf(thread: Thread, prototype: string, counted: string): Promise<number> {
  const { objectId: prototypeObjectId } = await evaluate<{ objectId: string }>(thread, `{ ${prototype} }`);
  const { objects } = await thread.ask<{ objects: { objectId: string } }>('Runtime.queryObjects', {
    prototypeObjectId,
    objectGroup: 'soak',
  });
  const { result } = await thread.ask<{ result: { value: number } }>('Runtime.callFunctionOn', {
    objectId: objects.objectId,
    functionDeclaration: `function () { return this.filter((one) => ${counted}).length }`,
    returnByValue: true,
  });
  await thread.ask('Runtime.releaseObjectGroup', { objectGroup: 'soak' });
  return result.value;
}

async function evaluate<Result>(thread: Thread, expression: string): Promise<Result> {
  const { result, exceptionDetails } = await thread.ask<{ result: Result; exceptionDetails?: { text: string } }>(
    'Runtime.evaluate',
    { expression, objectGroup: 'soak' },
  );
  if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.text}`);
  return result;
}

function residentMiB(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kib === undefined) throw new Error(`process ${pid} has ended`);
  return Number(kib) / 1024;
}

function descriptorsOf(pid: number): { sockets: number; descriptors: number } {
  const targets = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return []; // closed meanwhile
    }
  });
  return { sockets: targets.filter((target) => target.startsWith('socket:')).length, descriptors: targets.length };
}
