// Owns how the slots of standbys are called: names that no replica can have, since those start with a letter or digit. Pure.
// How many there are, and who takes their instances, is the orchestrator's.

const STANDBY = /^-standby-[1-9]\d{0,3}$/;

/** @param number 1 to 9999 */
export function standbySlot(number: number): string {
  return `-standby-${number}`;
}

export function isStandbySlot(slot: string): boolean {
  return STANDBY.test(slot);
}
