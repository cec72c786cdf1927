// Owns letting go of the base image that hold-base.mjs holds, after the last suite.
export default async function releaseBase() {
  await globalThis.releaseBase?.();
}
