// The data process: wiring only. Start order: lanes load and bind, the socket for control is opened, then root is given up
// for good. It outlives the control process that started it, and waits for the next.
import { AccessLogFile } from './proxy/access-log/access-log-file.js';
import { DataPlane, ListenError } from './proxy/plane/data-plane.js';
import { descriptorLimit, planDescriptors } from './proxy/plane/descriptors.js';
import { listenForControl } from './proxy/plane/control-socket.js';
import { bindAs, dropPrivileges, PrivilegeError } from './proxy/plane/privileges.js';
import { threadLanes } from './proxy/plane/thread-lane.js';
import { TrafficCells } from './proxy/traffic/traffic-cells.js';
import { ClaimTable } from './routing/claims.js';
import { KeyCounts } from './routing/key-counts.js';
import { readBirth } from './routing/link/data-settings.js';
import { DATA_EXIT } from './routing/link/exit-codes.js';
import { createLogger } from './telemetry/logger.js';

/** For a SIGTERM, which brings no deadline of its own. */
const SIGNAL_DEADLINE = 10_000;

/** For the last lines of the access log to get into their file. */
const LAST_LINES = 1000;

process.title = 'hashflow-data';
const { settings, port, socket, logLevel } = readBirth(process.env);
const log = createLogger(logLevel, 'data');
const claims = ClaimTable.create(settings.workers);
const keys = KeyCounts.create(settings.workers);
const accessLog = openAccessLog();
const traffic = TrafficCells.create(settings.workers, claims.rows);
const descriptors = planDescriptors(settings, descriptorLimit());
if (descriptors.warning) log.warn({}, descriptors.warning);
const laneSettings = { ...settings, maxConnections: descriptors.maxConnections };
const plane = new DataPlane({
  settings,
  port,
  claims,
  keys,
  traffic,
  log,
  startLane: threadLanes(new URL('./data.worker.js', import.meta.url), laneSettings, claims, keys, traffic, logLevel),
  bindShared: (bind) => bindAs(settings.user, port, bind),
  notices: descriptors.warning === undefined ? [] : [descriptors.warning],
  writeAccess: accessLog && ((batch, done) => accessLog.write(batch, done)),
  lostAccessLines: accessLog && (() => accessLog.lost),
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
  // As for any daemon: the access log was moved away. Without one it means nothing.
  process.on('SIGHUP', () => accessLog?.reopen());
  await plane.stopped;
  await accessLog?.drained(LAST_LINES);
  log.info({}, 'the data process ends');
  process.exit(DATA_EXIT.ok);
} catch (error) {
  log.error({ reason: (error as Error).message }, 'the data process cannot start');
  process.exit(exitCodeOf(error));
}

/** While this process may still be root: the file may belong to it. */
function openAccessLog(): AccessLogFile | undefined {
  const { part, file } = settings.accessLog;
  if (part === 0) return undefined;
  try {
    return AccessLogFile.open(file, (message) => plane.say('warn', message));
  } catch (error) {
    log.error({ reason: (error as Error).message }, 'the access log cannot be opened');
    process.exit(DATA_EXIT.badAccessLog);
  }
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
