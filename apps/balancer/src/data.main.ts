// The data process: wiring only. Start order: lanes load and bind, the socket for control is opened, then root is given up
// for good. It outlives the control process that started it, and waits for the next.
import { DataPlane, ListenError } from './proxy/data-plane.js';
import { listenForControl } from './proxy/control-socket.js';
import { bindAs, dropPrivileges, PrivilegeError } from './proxy/privileges.js';
import { threadLanes } from './proxy/thread-lane.js';
import { ClaimTable } from './routing/claims.js';
import { KeyCounts } from './routing/key-counts.js';
import { readBirth } from './routing/link/data-settings.js';
import { DATA_EXIT } from './routing/link/exit-codes.js';
import { createLogger } from './telemetry/logger.js';

/** For a SIGTERM, which brings no deadline of its own. */
const SIGNAL_DEADLINE = 10_000;

process.title = 'hashflow-data';
const { settings, port, socket, logLevel } = readBirth(process.env);
const log = createLogger(logLevel, 'data');
const claims = ClaimTable.create(settings.workers);
const keys = KeyCounts.create(settings.workers);
const plane = new DataPlane({
  settings,
  port,
  claims,
  keys,
  log,
  startLane: threadLanes(new URL('./data.worker.js', import.meta.url), settings, claims, keys, logLevel),
  bindShared: (bind) => bindAs(settings.user, port, bind),
  onBroken: (reason) => {
    log.error({}, reason);
    process.exit(DATA_EXIT.failed);
  },
});

try {
  const endpoint = await plane.start();
  const control = await listenForControl(socket, plane, log);
  plane.user = dropPrivileges(settings.user);
  control.open();
  log.info({ ...endpoint, workers: settings.workers }, 'the data port is open');
  // In this order, so that who finds the socket closed finds the port free.
  void plane.closed.then(() => control.close());
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void plane.stop(SIGNAL_DEADLINE));
  await plane.stopped;
  log.info({}, 'the data process ends');
  process.exit(DATA_EXIT.ok);
} catch (error) {
  log.error({ reason: (error as Error).message }, 'the data process cannot start');
  process.exit(exitCodeOf(error));
}

function exitCodeOf(error: unknown): number {
  if (error instanceof PrivilegeError) return DATA_EXIT.badUser;
  if (!(error instanceof ListenError)) return DATA_EXIT.failed;
  switch (error.code) {
    case 'EADDRINUSE':
      return DATA_EXIT.portTaken;
    case 'EADDRNOTAVAIL':
      return DATA_EXIT.addressUnavailable;
    case 'EACCES':
      return DATA_EXIT.notPermitted;
    default:
      return DATA_EXIT.failed;
  }
}
