// Owns the way from root to an unprivileged user, for good. Credentials belong to the process: what is given up here is
// given up by every worker thread, and that is looked up afterwards instead of believed.
import { readdirSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';

/** DATA_USER cannot be become. */
export class PrivilegeError extends Error {}

/** What `nobody` is everywhere where the user list of a bare image does not name it. */
const NOBODY = { uid: 65_534, gid: 65_534 };

/**
 * Call it once everything is loaded and bound. Not root: nothing happens.
 * @returns the name of the user that the process runs as now @throws PrivilegeError
 */
export function dropPrivileges(user: string): string {
  if (process.getuid?.() !== 0) return currentUser();
  const { setgroups, setgid, setuid } = process;
  if (!setgroups || !setgid || !setuid) throw new PrivilegeError('this system has no users to change to');
  const { uid, gid } = lookUp(user);
  if (uid === 0) throw new PrivilegeError(`DATA_USER="${user}" is root: the data process must not be`);
  // In this order: without root neither groups nor group could be changed any more.
  setgroups([]);
  setgid(gid);
  setuid(uid);
  verify(uid, gid);
  return user;
}

/** Below it only root may bind. */
const FIRST_FREE_PORT = 1024;

/**
 * Carries out `bind` as the user that dropPrivileges() makes us later. Linux lets sockets of one user only share a port: without
 * this no worker could ever be replaced, since root's sockets would hold the port. A privileged port is bound as root, and
 * not root: nothing changes.
 * @throws PrivilegeError
 */
export async function bindAs<T>(user: string, port: number, bind: () => Promise<T>): Promise<T> {
  const { seteuid } = process;
  if (process.getuid?.() !== 0 || !seteuid || (port > 0 && port < FIRST_FREE_PORT)) return bind();
  seteuid(lookUp(user).uid);
  try {
    return await bind();
  } finally {
    seteuid(0);
  }
}

function lookUp(user: string): { uid: number; gid: number } {
  const numeric = /^(\d+)(?::(\d+))?$/.exec(user);
  if (numeric) return { uid: Number(numeric[1]), gid: Number(numeric[2] ?? numeric[1]) };
  let list = '';
  try {
    list = readFileSync('/etc/passwd', 'utf8');
  } catch {
    // A bare image: only numbers and nobody are known there.
  }
  for (const line of list.split('\n')) {
    const [name, , uid, gid] = line.split(':');
    if (name === user) return { uid: Number(uid), gid: Number(gid) };
  }
  if (user === 'nobody') return NOBODY;
  throw new PrivilegeError(`DATA_USER="${user}" does not exist here`);
}

/** Each thread's real, effective, saved and file system ids, and no capability left. */
function verify(uid: number, gid: number): void {
  if (process.platform !== 'linux') return;
  for (const task of readdirSync('/proc/self/task')) {
    const status = statusOf(task);
    if (status === undefined) continue;
    const field = (name: string) =>
      new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)?.[1].trim().split(/\s+/) ?? [];
    const ids = [...field('Uid').map((id) => Number(id) === uid), ...field('Gid').map((id) => Number(id) === gid)];
    const powers = [...field('CapEff'), ...field('CapPrm')].every((mask) => /^0+$/.test(mask));
    if (ids.length !== 8 || ids.includes(false) || field('Groups').some((group) => group !== '') || !powers) {
      throw new PrivilegeError(`thread ${task} kept rights of root`);
    }
  }
}

/** undefined for a thread that has ended since it was listed. */
function statusOf(task: string): string | undefined {
  try {
    return readFileSync(`/proc/self/task/${task}/status`, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

function currentUser(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
