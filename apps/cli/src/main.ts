#!/usr/bin/env node
// Owns the process of the command line: its environment, signals, pipes that close, and the exit code. What it does is run.ts's.
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { run } from './run.js';
import type { Environment } from './target.js';

/** As the balancer reads it: the environment wins over the file. */
function readEnvironment(): Environment {
  try {
    return { ...parseEnv(readFileSync('.env', 'utf8')), ...process.env };
  } catch {
    return process.env;
  }
}

const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort());
// `hashflow events | head -1`: whoever read has enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await run(process.argv.slice(2), {
  env: readEnvironment(),
  stdout: process.stdout,
  stderr: process.stderr,
  signal: interrupt.signal,
  now: Date.now,
});
