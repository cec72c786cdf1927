// Owns which of a name's addresses is dialled. Pure.

/**
 * The one in use while the name still has it: servers of names give the same list in another order each time, and a replica
 * must not move with it. Else the first. With an empty answer the one in use stays.
 */
export function chooseAddress(current: string | undefined, answer: readonly string[]): string | undefined {
  return current !== undefined && answer.includes(current) ? current : (answer[0] ?? current);
}
