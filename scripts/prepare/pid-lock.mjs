// Owns mutual exclusion between two set-ups of one work tree: a lock file that names its holder by pid and start time.
// What is done under the lock is run.mjs's.
import { linkSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until this process holds `file`. A lock whose holder is dead is taken over.
 * @param onWait called once with the holder's pid when there is somebody to wait for
 * @returns the function that gives the lock back
 */
export async function acquireLock(file, onWait = () => {}) {
  let told = false;
  for (;;) {
    if (tryCreate(file)) return () => rmSync(file, { force: true });
    const holder = read(file);
    if (holder === undefined) continue;
    if (!isAlive(holder)) removeStale(file, holder);
    else {
      if (!told) onWait(Number(holder.split(' ')[0]));
      told = true;
      await sleep(200);
    }
  }
}

// The content appears together with the name (a link to a finished file), so that nobody ever reads half a lock.
function tryCreate(file) {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, identityOf(process.pid));
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  } finally {
    unlinkSync(draft);
  }
}

// Two that find the same stale lock: the second must not remove the fresh lock of the first. Removing is therefore itself
// done under a lock, and only if the stale content is still there.
function removeStale(file, content) {
  const guard = `${file}.takeover`;
  if (!tryCreate(guard)) {
    const remover = read(guard);
    if (remover !== undefined && !isAlive(remover)) rmSync(guard, { force: true });
    return;
  }
  try {
    if (read(file) === content) rmSync(file, { force: true });
  } finally {
    rmSync(guard, { force: true });
  }
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function isAlive(identity) {
  const pid = Number(identity.split(' ')[0]);
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code === 'ESRCH') return false;
  }
  return identityOf(pid) === identity;
}

// A pid alone comes back after a reboot or a wrap. Where there is no /proc the pid has to do.
function identityOf(pid) {
  const stat = read(`/proc/${pid}/stat`);
  const startTicks = stat === undefined ? '-' : stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return `${pid} ${startTicks}`;
}
