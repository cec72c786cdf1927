// Owns how REPLICA_ENV becomes an environment. What else a replica is told (PORT, SERVER_ID, …) is each runtime's.

/** `['A=1', 'B=x=y']` → `{ A: '1', B: 'x=y' }`; the last of two with one name wins. The settings have checked the form. */
export function parseReplicaEnv(entries: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    entries.map((entry) => {
      const cut = entry.indexOf('=');
      return [entry.slice(0, cut), entry.slice(cut + 1)];
    }),
  );
}
