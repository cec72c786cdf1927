// Owns where the built program lies: what is measured is what users run.

export const BUILT = new URL('../dist/apps/balancer/src/', import.meta.url).href;

/** @param path from the balancer's folder */
export async function built<Module>(path: string): Promise<Module> {
  return (await import(BUILT + path)) as Module;
}
