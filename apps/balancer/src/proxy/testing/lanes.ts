// Owns the names of the lanes of HTTP/1.1 that a suite runs through: what a client sees must be the same in each.

export const LANES = ['standard', 'express'] as const;
export type LaneName = (typeof LANES)[number];
