// The library's front door: what is exported here is its public contract.
export { BOUND_FLOOR, boundedLoadCap } from './bounded-load.js';
export type { Flow, PlacementDiff } from './diff.js';
export { HashingError, type HashingErrorCode } from './errors.js';
export { createKeyHash, createSignedKeyHash } from './half-siphash.js';
export { createHashRing, HashRing, type LoadView, type Pick, type PickReason } from './hash-ring.js';
export type { ClassicHash, PlacementOptions } from './options.js';
export type { Algorithm, Member, Placement, Share } from './placement.js';
export { buildPlacement } from './registry.js';
