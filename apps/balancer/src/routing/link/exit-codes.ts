// Owns how the data process says, as it ends, why it could not start. It has no pipe to control, and a number needs none.

export const DATA_EXIT = {
  /** Ended as it was told to. */
  ok: 0,
  failed: 1,
  /** Something else listens on HOST:PORT. */
  portTaken: 98,
  /** HOST is no address of this machine. */
  addressUnavailable: 99,
  /** A port that only root may bind. */
  notPermitted: 77,
  /** DATA_USER does not exist, or could not be become. */
  badUser: 67,
  /** ACCESS_LOG_FILE cannot be opened. */
  badAccessLog: 73,
} as const;
