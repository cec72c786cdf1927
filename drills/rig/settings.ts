// Owns the settings that all drills share. Times are shorter than the product's defaults, so that a run takes minutes; the
// order between them is the same.

/**
 * No answer from a replica within this long: the try is over. Milliseconds. Longer than probes take to find a frozen replica,
 * as with the defaults: by then it is out of the table, and its requests go on without a claim on the retry budget.
 */
export const RESPONSE_TIMEOUT_MS = 4_000;

export const DRILL_SETTINGS: Readonly<Record<string, string>> = {
  HASH_KEY: 'header:x-hash-key,random',
  // A fixed seed, so that fixed keys have the same owners in every run.
  HASH_SEED: '0001020304050607',
  HEALTH_INTERVAL: '250ms',
  HEALTH_TIMEOUT: '500ms',
  RESTART_UNHEALTHY_AFTER: '5s',
  CONNECT_TIMEOUT: '1s',
  RESPONSE_TIMEOUT: `${RESPONSE_TIMEOUT_MS}ms`,
  DRAIN_TIMEOUT: '10s',
  STOP_TIMEOUT: '5s',
  LOG_LEVEL: 'warn',
};
