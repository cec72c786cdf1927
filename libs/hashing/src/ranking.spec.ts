// The allocation-free sort against the built-in one.
import fc from 'fast-check';
import { moveToFront, rankByScore } from './ranking.js';

describe('ranking', () => {
  it('sorts by score and breaks ties by index, like the built-in stable sort', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true })), { maxLength: 400 }),
        (values) => {
          const scores = Float64Array.from(values);
          const into = new Uint16Array(values.length);
          rankByScore(scores, values.length, into);
          const expected = values
            .map((_, index) => index)
            .sort((a, b) => (scores[a] < scores[b] ? -1 : scores[a] > scores[b] ? 1 : a - b));
          expect(Array.from(into)).toEqual(expected);
        },
      ),
    );
  });

  it('sorts thousands', () => {
    const scores = Float64Array.from({ length: 4095 }, (_, index) => (index * 2654435761) % 4099);
    const into = new Uint16Array(4095);
    rankByScore(scores, 4095, into);
    expect(Array.from(into, (index) => scores[index])).toEqual(Array.from(scores).sort((a, b) => a - b));
  });

  it('moves one to the front and keeps the order of the rest', () => {
    const ranking = Uint16Array.of(4, 2, 0, 3, 1);
    moveToFront(3, ranking);
    expect(Array.from(ranking)).toEqual([3, 4, 2, 0, 1]);
  });
});
