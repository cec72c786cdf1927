// Owns the labels that tell what is ours. A label cannot change after its container was made: only facts that never
// change are labelled; slot and generation are in the container's name, which can.
const PREFIX = 'io.hashflow.';

/** On each container and network of a pool: only what carries the own pool's name is listed, adopted or removed. */
export const POOL_LABEL = `${PREFIX}pool`;
/** Container: fingerprint of the workload that it was made from. */
export const SPEC_LABEL = `${PREFIX}spec`;
/** Container: the port that its program listens on. */
export const PORT_LABEL = `${PREFIX}port`;
/** Container: the number of the signal that stops it, which the engine's events tell along with its other labels. */
export const STOP_SIGNAL_LABEL = `${PREFIX}stop-signal`;
/** Container: the networks that it joins before it starts, besides the pool's own; JSON. */
export const NETWORKS_LABEL = `${PREFIX}networks`;
/**
 * On each image of a pool. A label of its own: containers inherit the labels of their image, and one that somebody runs
 * from our image is not ours.
 */
export const IMAGE_POOL_LABEL = `${PREFIX}image.pool`;
/** Image: what it is for, `base` or `server`. */
export const IMAGE_LABEL = `${PREFIX}image`;
/** Image: of what it was made; another fingerprint is another image. */
export const FINGERPRINT_LABEL = `${PREFIX}fingerprint`;
/** Server image: id of the base it stands on. */
export const BASE_LABEL = `${PREFIX}base`;

export type Labels = Readonly<Record<string, string>>;

/** A filter as the engine's API takes it: all of these labels with these values. */
export function labelFilter(labels: Labels): { label: string[] } {
  return { label: Object.entries(labels).map(([name, value]) => `${name}=${value}`) };
}
