// Owns the sorting of members by score for the algorithms that rank them all. What a score means is theirs.

const GAPS = [1750, 701, 301, 132, 57, 23, 10, 4, 1];

/**
 * Fills `into` with 0..count-1 by rising score, equal scores by rising index (which is by id). Shell sort in the caller's
 * array: nothing is allocated, short lists cost an insertion sort, thousands stay far from quadratic.
 */
export function rankByScore(scores: Float64Array, count: number, into: Uint16Array): void {
  for (let i = 0; i < count; i++) into[i] = i;
  for (let g = 0; g < GAPS.length; g++) {
    const gap = GAPS[g];
    for (let i = gap; i < count; i++) {
      const index = into[i];
      const score = scores[index];
      let at = i;
      for (; at >= gap; at -= gap) {
        const other = into[at - gap];
        if (scores[other] < score || (scores[other] === score && other < index)) break;
        into[at] = other;
      }
      into[at] = index;
    }
  }
}

/** Moves `index` to the front of a ranking and keeps the order of the rest. */
export function moveToFront(index: number, into: Uint16Array): void {
  let at = 0;
  while (into[at] !== index) at++;
  for (; at > 0; at--) into[at] = into[at - 1];
  into[0] = index;
}
