// Known answers: a change of any of these means that keys move at an upgrade. Then the revision in the digest must rise too.
import { buildPlacement, createKeyHash, type Algorithm } from './index.js';
import { ALGORITHMS, SEED, servers } from './testing/memberships.js';

const MEMBERSHIPS = {
  three: servers(3),
  ten: servers(10),
  weighted: servers(5, (index) => [1, 2, 0.5, 10, 3][index]),
  odd: [
    { id: '\u0000', weight: 1 },
    { id: '\ud800', weight: 1 },
    { id: 'żółw 🙂', weight: 1 },
    { id: '10.0.0.1:8080', weight: 1 },
  ],
};
const KEYS = Array.from({ length: 16 }, (_, index) => createKeyHash(SEED)(`key-${index}`));

describe.each(ALGORITHMS)('%s', (algorithm: Algorithm) => {
  const names = (Object.keys(MEMBERSHIPS) as (keyof typeof MEMBERSHIPS)[]).filter(
    (name) => algorithm !== 'classic' || name !== 'weighted',
  );
  it.each(names)('places the membership "%s" as ever', (name) => {
    const placement = buildPlacement(algorithm, MEMBERSHIPS[name], {
      seed: SEED,
      ...(algorithm === 'frt' && name === 'ten' && { cap: 0.01 }),
    });
    expect({
      digest: placement.digest,
      owners: KEYS.map((hash) => placement.lookupHash(hash)).join(' '),
    }).toMatchSnapshot();
  });
});
