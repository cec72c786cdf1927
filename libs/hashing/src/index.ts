// The library's front door: what is exported here is its public contract.
export type { Algorithm, Member, Placement, Share } from './placement.js';
