// Owns the question of who answers each key, asked one after the other while nothing else goes on: no bound on load moves
// one, and nothing is inferred.

/** @returns the name of the replica that answered key 0, key 1, … @throws Error when one is not answered */
export async function ownersOf(dataUrl: string, keys: number): Promise<string[]> {
  const owners: string[] = [];
  for (let key = 0; key < keys; key++) {
    const response = await fetch(`${dataUrl}/work/o${key}`, {
      // A connection of its own: the one before may have died with whoever held it.
      headers: { 'x-hash-key': `key-${key}`, connection: 'close' },
    });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`key-${key} is answered ${response.status} ${text}`);
    owners.push((JSON.parse(text) as { replica: string }).replica);
  }
  return owners;
}
