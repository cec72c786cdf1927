// Owns how the proxies built from packages choose: a cheap hash of the same field, over all replicas. Pure.

/** FNV-1a, 32 bits. */
export function pick<Choice>(choices: readonly Choice[], key: string): Choice {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  const choice = choices[(hash >>> 0) % choices.length];
  if (choice === undefined) throw new Error('nobody to choose');
  return choice;
}
