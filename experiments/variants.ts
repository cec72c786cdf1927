// Owns the placements that the experiments compare: what they are called and which settings make a balancer use them.

export interface Variant {
  readonly id: string;
  /** On charts: at most two short lines. */
  readonly label: string;
  readonly settings: Readonly<Record<string, string>>;
}

const classic = (hash: 'readme' | 'assignment' | 'keyed', M: number, K: number): Variant => ({
  id: `classic-${hash}-${M}x${K}`,
  label: `classic ${hash}\n${M} × ${K}`,
  settings: { HASH_ALGORITHM: 'classic', CLASSIC_HASH: hash, M: String(M), K: String(K) },
});

export const hrw: Variant = { id: 'hrw', label: 'hrw\n(default)', settings: { HASH_ALGORITHM: 'hrw' } };
export const frt: Variant = { id: 'frt', label: 'frt\n65536 slots', settings: { HASH_ALGORITHM: 'frt' } };
export const frtCapped: Variant = {
  id: 'frt-cap-0.01',
  label: 'frt\ncap 0.01',
  settings: { HASH_ALGORITHM: 'frt', FRT_CAP: '0.01' },
};
export const ketama: Variant = { id: 'ketama', label: 'ketama\n160 points', settings: { HASH_ALGORITHM: 'ketama' } };
export const maglev: Variant = { id: 'maglev', label: 'maglev\n65537 slots', settings: { HASH_ALGORITHM: 'maglev' } };
export const classicReadme = classic('readme', 512, 9);
export const classicAssignment = classic('assignment', 512, 9);
export const classicKeyed = classic('keyed', 512, 9);
export const classicKeyedMore = classic('keyed', 8192, 64);
export const classicKeyedMost = classic('keyed', 65_536, 1024);

/** On one line. */
export function nameOf({ label }: Variant): string {
  return label.replace('\n', ' ');
}
