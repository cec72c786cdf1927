// Owns the ring as operators see it: its shapes, and how placement, routing table and phases are put into them. Pure: nothing
// is decided here, the order of a key's candidates and who is eligible are routing/table.ts's.
import type { Placement, PlacementDiff } from '@hashflow/hashing';
import type { KeyChain } from '../../routing/hash-key.js';
import type { RankedMember } from '../../routing/table.js';
import type { Phase } from '../plan.js';

export interface RingMemberView {
  readonly name: string;
  readonly weight: number;
  /** Part of the key space that it owns, 0 to 1. */
  readonly share: number;
  /** The part that its weight entitles it to. */
  readonly fair: number;
}

/** How often a link of the key chain supplied a key since the data process started. */
export interface KeySourceView {
  readonly link: string;
  readonly requests: number;
}

export interface RingView {
  readonly algorithm: string;
  /** null for algorithms without a table. */
  readonly slots: number | null;
  readonly epoch: number;
  readonly digest: string;
  readonly keys: readonly KeySourceView[];
  /** In /rep order. */
  readonly members: readonly RingMemberView[];
}

export interface CandidateView {
  readonly name: string;
  /** A request with this key may go there now; it goes to the first that is. */
  readonly eligible: boolean;
  /** In words. */
  readonly reason: string;
}

export interface RouteView {
  /** Link of the key chain that supplied the key; null: the key was given. */
  readonly link: string | null;
  readonly key: string;
  /** 32 bits, unsigned. */
  readonly hash: number;
  /** null for algorithms without a table. */
  readonly slot: number | null;
  /** In the key's own order. */
  readonly candidates: readonly CandidateView[];
}

export interface FlowView {
  /** null: nobody owned it. */
  readonly from: string | null;
  /** null: nobody would. */
  readonly to: string | null;
  readonly share: number;
}

/** All numbers are parts of the key space, 0 to 1. */
export interface PreviewView {
  readonly moved: number;
  readonly minimum: number;
  readonly collateral: number;
  readonly flows: readonly FlowView[];
}

export interface RingSources {
  readonly placement: Placement;
  readonly epoch: number;
  readonly chain: KeyChain;
  /** Per link, and last the keys that none supplied; empty before the data process has told. */
  readonly keyCounts: readonly number[];
  /** In /rep order. */
  readonly names: readonly string[];
}

/** Keys that no link supplied are random. */
export const RANDOM_LINK = 'random';

export function ringView({ placement, epoch, chain, keyCounts, names }: RingSources): RingView {
  const { algorithm, slots, digest } = placement;
  const shares = placement.shares();
  const weights = new Map(placement.members.map(({ id, weight }) => [id, weight]));
  return {
    algorithm,
    slots,
    epoch,
    digest,
    keys: keySources(chain, keyCounts),
    members: names.map((name) => {
      const { share = 0, fair = 0 } = shares.get(name) ?? {};
      return { name, weight: weights.get(name) ?? 0, share, fair };
    }),
  };
}

/** A chain that does not end in `random` goes on as if it did. */
function keySources({ links }: KeyChain, counts: readonly number[]): KeySourceView[] {
  const sources = links.map((link, index) => ({ link, requests: counts[index] ?? 0 }));
  if (links.at(-1) === RANDOM_LINK) return sources;
  return [...sources, { link: RANDOM_LINK, requests: counts[links.length] ?? 0 }];
}

export function candidateView(ranked: RankedMember, phase: Phase | undefined): CandidateView {
  const { name, standing, inFlight, bound, ramp } = ranked;
  switch (standing) {
    case 'ready':
      return { name, eligible: true, reason: 'ready' };
    case 'full':
      return {
        name,
        eligible: false,
        reason: `at its limit (REPLICA_MAX_INFLIGHT or REPLICA_MAX_CONNECTIONS), with ${inFlight} requests in flight`,
      };
    case 'over_bound':
      return {
        name,
        eligible: false,
        reason: `over its bound: ${inFlight} requests in flight, and the bound is ${bound}`,
      };
    case 'ramping':
      return {
        name,
        eligible: false,
        reason: `in its slow start: it takes ${Math.round(ramp * 100)} % of its keys, and not this one yet`,
      };
    case 'absent':
      return { name, eligible: false, reason: absence(phase) };
  }
}

function absence(phase: Phase | undefined): string {
  // Phases and table are of one plan, but a table is held back while a data process is being taken over.
  if (!phase || phase.state === 'ready') return 'not in the routing table yet';
  return phase.reason === null ? phase.state : `${phase.state}: ${phase.reason}`;
}

export function previewView({ moved, minimum, collateral, flows }: PlacementDiff): PreviewView {
  return {
    moved,
    minimum,
    collateral,
    flows: flows.map(({ from, to, share }) => ({ from: from ?? null, to: to ?? null, share })),
  };
}
