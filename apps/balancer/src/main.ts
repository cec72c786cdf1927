// Owns the life of the control process: settings, the admin port, the pool, what people are told, signals, the end. Each
// step's work is its room's.
import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { configureAdminApp } from './admin/configure-admin-app.js';
import { AppModule } from './app.module.js';
import { servingJson, servingText, startProgress, urlOf } from './banner.js';
import { loadSettings, readEnvironment, seedRoutesEnabled, SettingsError } from './config/load.js';
import type { Settings } from './config/config.module.js';
import { ReplicaManager } from './orchestrator/replica-manager.service.js';
import { poolHolder } from './orchestrator/state/state-lock.js';
import { StartError } from './orchestrator/pool-error.js';
import { DataLink } from './routing/link/data-link.js';
import { validateHashKey } from './routing/hash-key.js';
import { RuntimeError } from './runtime/runtime-error.js';
import { SignalPolicy } from './signals.js';
import { createLogger } from './telemetry/logger.js';
import { nestLogger } from './telemetry/nest-logger.js';

const EXIT = { failed: 1, badSettings: 2, hurried: 130 } as const;
/** Programs that start a balancer ask for one line of JSON instead of text. */
const asJson = process.env.HASHFLOW_READY === 'json';

/** Why the admin port is not to be had, and what helps. */
const PORT_TROUBLE: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program uses it. Set ADMIN_PORT to another one',
  EACCES: 'this user may not. Set ADMIN_PORT to 1024 or above',
  EADDRNOTAVAIL: 'that is no address of this machine. Set ADMIN_HOST to one that is',
};

const say = (line: string) => void process.stdout.write(`${line}\n`);
const progress = (line: string) => void (asJson ? process.stderr : process.stdout).write(`${line}\n`);

function readSettings(): Settings {
  const settings = loadSettings(readEnvironment(process.env));
  const problem = validateHashKey(settings.hashKey);
  if (problem !== undefined) throw new SettingsError([`HASH_KEY="${settings.hashKey}": ${problem}`]);
  return settings;
}

/** The port is bound before anything is started, so that a port that is taken costs nothing. @throws StartError */
async function listen(
  app: NestExpressApplication,
  { adminHost, adminPort, pool, stateDir }: Settings,
): Promise<string> {
  try {
    await app.listen(adminPort, adminHost);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // A second start of the same pool meets the first one's port before its lock: the lock is the better reason.
    const holder = await poolHolder(stateDir, pool);
    if (holder !== undefined) throw holder;
    throw new StartError(
      'admin_port',
      `The admin port ${adminHost}:${adminPort} cannot be bound: ${PORT_TROUBLE[code ?? ''] ?? message}.`,
      { cause: error },
    );
  }
  const { address, port } = app.getHttpServer().address() as AddressInfo;
  return urlOf({ host: address, port });
}

/** Resolves when every replica serves, or cannot for now: then the pool serves with what it has. */
async function replicasUp(manager: ReplicaManager, { waitTimeout }: Settings, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const tell = startProgress((line) => progress(line));
  const unsubscribe = manager.onChange(() => {
    // The end of the pool is a change too, and by then it has no replicas to show.
    if (!signal.aborted) tell(manager.replicas(), performance.now());
  });
  tell(manager.replicas(), performance.now());
  try {
    await manager.whenReady(manager.names(), { timeoutMs: waitTimeout, signal });
  } catch (error) {
    if (signal.aborted) return;
    progress(`Not every replica is ready: ${(error as Error).message}. HashFlow goes on trying; see /api/replicas.`);
  } finally {
    unsubscribe();
  }
}

async function run(): Promise<void> {
  const settings = readSettings();
  const logger = createLogger(settings.logLevel, 'control');
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot(settings, logger), {
    bodyParser: false,
    abortOnError: false,
    logger: nestLogger(logger),
  });
  const manager = app.get(ReplicaManager);
  const stopping = new AbortController();

  const stop = async (mode: 'end' | 'leave') => {
    stopping.abort();
    progress(mode === 'end' ? 'Draining, then stopping all replicas. Ctrl-C again stops at once.' : 'Draining.');
    await manager.shutdown(mode);
    await app.close();
    progress('Stopped.');
  };
  const policy = new SignalPolicy();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      const request = policy.next(signal, performance.now());
      if (request === 'now') {
        progress('Stopping at once.');
        process.exitCode = EXIT.hurried;
        void manager.shutdown('end', { now: true });
      } else if (request !== undefined) void stop(request).then(() => process.exit());
    });
  }

  try {
    const adminUrl = await listen(configureAdminApp(app, settings), settings);
    await manager.start(progress);
    await replicasUp(manager, settings, stopping.signal);
    if (stopping.signal.aborted) return;
    const { pool, runtime, runtimeReason } = manager.summary();
    const link = app.get<DataLink>(DataLink);
    const serving = {
      dataUrl: urlOf(link.address ?? settings),
      adminUrl,
      pool,
      runtime,
      runtimeReason,
      replicas: manager.names(),
      pid: process.pid,
      dataPid: link.pid,
      seedRoutes: seedRoutesEnabled(settings),
    };
    say(asJson ? servingJson(serving) : servingText(serving));
  } catch (error) {
    if (stopping.signal.aborted) return; // a signal during the start: the stop under way ends the process
    await app.close();
    throw error;
  }
}

try {
  await run();
} catch (error) {
  // A reason in words for what an operator can mend; a trace only for what nobody foresaw.
  const foreseen = error instanceof SettingsError || error instanceof StartError || error instanceof RuntimeError;
  process.stderr.write(`${foreseen ? error.message : ((error as Error).stack ?? String(error))}\n`);
  process.exit(error instanceof SettingsError ? EXIT.badSettings : EXIT.failed);
}
