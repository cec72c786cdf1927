// Owns the installation of programs from Debian's packages, on demand and as root: their services are kept from starting, by the file
// that the packages ask (policy-rc.d), so that nothing runs afterwards that did not run before.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';

const POLICY = '/usr/sbin/policy-rc.d';
/** What it says: no action of a service is allowed. */
const FORBIDDEN = 101;
const INSTALL_MS = 300_000;

/** @throws Error with the end of the output when they cannot be installed */
export function installFromDebian(packages: readonly string[]): void {
  if (packages.length === 0) return;
  if (process.getuid?.() !== 0) throw new Error(`only root can install ${packages.join(', ')}`);
  const ours = !existsSync(POLICY);
  if (ours) writeFileSync(POLICY, `#!/bin/sh\nexit ${FORBIDDEN}\n`, { mode: 0o755 });
  try {
    run(['update']);
    run(['install', '--yes', '--no-install-recommends', ...packages]);
  } finally {
    if (ours) rmSync(POLICY);
  }
}

function run(args: readonly string[]): void {
  process.stderr.write(`apt-get ${args.join(' ')}\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status, stdout, stderr, error } = spawnSync('apt-get', args, { env, encoding: 'utf8', timeout: INSTALL_MS });
  if (status !== 0) throw new Error(`apt-get ${args[0]} failed: ${error?.message ?? (stdout + stderr).slice(-2000)}`);
}
