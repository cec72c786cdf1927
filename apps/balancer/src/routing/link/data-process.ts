// Owns the life of the data process as control sees it: take over the one that runs, replace one with other settings, start
// one, start it again after a crash, see to its end. The conversation with it is control-link.ts's.
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../telemetry/logger.js';
import type { Channel } from './channel.js';
import type { DataConnection, DataSupervisor } from './control-link.js';
import { DataFiles } from './data-files.js';
import { type DataChild, DataProcessError, startDataChild } from './data-child.js';
import { parseDataMessage, parseStrangeHello, type StrangeHello } from './data-messages.js';
import { type DataBirth, differingSettings } from './data-settings.js';
import { type ControlMessage, type DataMessage, PROTOCOL } from './messages.js';
import { isAlive, type ProcessIdentity, signalProcess } from '../../platform/process-identity.js';
import { RespawnBackoff } from './respawn-backoff.js';
import { socketChannel } from './socket-channel.js';

export interface DataProcessOptions {
  readonly stateDir: string;
  readonly settings: DataBirth['settings'];
  readonly logLevel: string;
  /** The built data.main.js. */
  readonly entry: string;
}

const HELLO_TIMEOUT = 5000;
const START_TIMEOUT = 20_000;
const POLL = 15;
/** What a data process with other settings has to finish its requests. */
const REPLACE_DEADLINE = 30_000;
const CLOSE_TIMEOUT = 2000;
/** A data process that is taken over and lost again at once is not hammered. */
const MIN_RECONNECT = 250;

type AnyHello = Extract<DataMessage, { type: 'hello' }> | StrangeHello;
type AnyChannel = Channel<ControlMessage, DataMessage | StrangeHello>;

export class DataProcess implements DataSupervisor {
  readonly #files: DataFiles;
  #child: DataChild | undefined;
  #connectedAt = -Infinity;
  readonly #backoff = new RespawnBackoff();
  #lastPort = 0;
  #ending = false;

  constructor(
    private readonly options: DataProcessOptions,
    private readonly log: Logger,
  ) {
    this.#files = new DataFiles(options.stateDir);
  }

  async connect(): Promise<DataConnection> {
    await delay(Math.max(0, this.#connectedAt + MIN_RECONNECT - performance.now()));
    await this.#files.prepare();
    const running = await this.#greet();
    let connection: DataConnection;
    if (running && this.#fits(running.hello)) {
      const { pid, epoch } = running.hello;
      this.log.info({ pid, epoch }, 'took over the running data process');
      connection = running as DataConnection;
    } else {
      if (running) await this.#replace(running);
      else await this.#clearWedged();
      connection = await this.#start();
    }
    this.#connectedAt = performance.now();
    this.#lastPort = connection.hello.address.port;
    return connection;
  }

  async ended(withinMs: number, asked: boolean): Promise<void> {
    this.#ending = true;
    const identity = this.#child?.identity ?? (await this.#files.readRecord());
    if (!identity) return;
    if (!asked) await signalProcess(identity, 'SIGTERM');
    if (!(await this.#goneWithin(identity, withinMs))) {
      this.log.warn({ pid: identity.pid }, 'the data process did not end in time and is killed');
      await this.#kill(identity);
    }
    await this.#files.forget();
  }

  #fits(hello: AnyHello): hello is Extract<DataMessage, { type: 'hello' }> {
    return hello.protocol === PROTOCOL && 'settings' in hello && this.#differences(hello).length === 0;
  }

  #differences(hello: AnyHello): string[] {
    if (hello.protocol !== PROTOCOL || !('settings' in hello)) return [`protocol ${hello.protocol}`];
    return differingSettings(hello.settings, this.options.settings);
  }

  /** Dials the socket and waits for the first message. undefined: nobody answers there. */
  async #greet(): Promise<{ channel: AnyChannel; hello: AnyHello } | undefined> {
    const socket = await dial(this.#files.socket);
    if (!socket) return undefined;
    const channel: AnyChannel = socketChannel(socket, {
      parse: (value) => parseDataMessage(value) ?? parseStrangeHello(value),
    });
    const hello = await new Promise<AnyHello | undefined>((resolve) => {
      const timer = setTimeout(() => resolve(undefined), HELLO_TIMEOUT);
      const settle = (value: AnyHello | undefined) => {
        clearTimeout(timer);
        resolve(value);
      };
      channel.onMessage((message) => settle(message.type === 'hello' ? message : undefined));
      channel.onClose(() => settle(undefined));
    });
    if (hello) return { channel, hello };
    channel.close();
    return undefined;
  }

  /** Its listeners close first, its requests go on beside those of the new one. */
  async #replace({ channel, hello }: { channel: AnyChannel; hello: AnyHello }): Promise<void> {
    this.log.warn({ differs: this.#differences(hello) }, 'the running data process has other settings and is replaced');
    channel.send({ type: 'shutdown', deadlineMs: REPLACE_DEADLINE });
    if ('address' in hello) this.#lastPort = hello.address.port;
    const deadline = performance.now() + CLOSE_TIMEOUT;
    for (let socket = await dial(this.#files.socket); socket; socket = await dial(this.#files.socket)) {
      socket.destroy();
      if (performance.now() > deadline) return this.#clearWedged();
      await delay(POLL);
    }
    channel.close();
  }

  /** A process that takes connections and says nothing must go; one that was told to leave is left to finish. */
  async #clearWedged(): Promise<void> {
    const identity = await this.#files.readRecord();
    const socket = await dial(this.#files.socket);
    socket?.destroy();
    if (!identity || !socket || !(await isAlive(identity))) return;
    this.log.warn({ pid: identity.pid }, 'the running data process does not answer and is killed');
    await this.#kill(identity);
  }

  async #start(): Promise<DataConnection> {
    const before = await this.#files.readRecord();
    try {
      return await this.#startOne();
    } catch (error) {
      // Its socket was removed, so nobody can reach it any more, and yet it holds the port.
      const stranded =
        error instanceof DataProcessError && error.code === 'port_taken' && before && (await isAlive(before));
      if (!stranded) throw error;
      this.log.warn({ pid: before.pid }, 'an unreachable data process of this pool holds the port and is killed');
      await this.#kill(before);
      return this.#startOne();
    }
  }

  async #startOne(): Promise<DataConnection> {
    await delay(this.#backoff.next(performance.now()));
    if (this.#ending) throw new DataProcessError('crashed', 'the balancer ends: no data process is started');
    const { entry, settings, logLevel } = this.options;
    const startedAt = performance.now();
    const port = settings.port || this.#lastPort;
    this.#child = await startDataChild(entry, { settings, port, logLevel, socket: this.#files.socket }, this.#files);
    await this.#files.writeRecord(this.#child.identity);
    const deadline = startedAt + START_TIMEOUT;
    while (performance.now() < deadline) {
      const connection = await this.#greet();
      if (connection && this.#fits(connection.hello)) {
        this.log.info({ pid: connection.hello.pid, address: connection.hello.address }, 'data process started');
        return connection as DataConnection;
      }
      connection?.channel.close();
      const error = this.#child.ended();
      if (error) throw error;
      await delay(POLL);
    }
    await signalProcess(this.#child.identity, 'SIGKILL');
    throw new DataProcessError(
      'timeout',
      `the data process did not come up within ${START_TIMEOUT} ms; ${this.#files.log} may say why`,
    );
  }

  async #kill(identity: ProcessIdentity): Promise<void> {
    await signalProcess(identity, 'SIGKILL');
    await this.#goneWithin(identity, CLOSE_TIMEOUT);
  }

  async #goneWithin(identity: ProcessIdentity, ms: number): Promise<boolean> {
    const deadline = performance.now() + ms;
    while (await isAlive(identity)) {
      if (performance.now() > deadline) return false;
      await delay(POLL);
    }
    return true;
  }
}

/** undefined when nobody listens there. */
function dial(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.off('error', refused);
      resolve(socket);
    });
    const refused = () => resolve(undefined);
    socket.once('error', refused);
  });
}
