// Owns the question whether a Docker engine answers at all. What follows from the answer is detect.ts's.
import { EngineClient, DEFAULT_DEADLINES } from './engine-client.js';

export interface EngineProbe {
  readonly answers: boolean;
  /** Its version, or why there is no answer. */
  readonly detail: string;
}

/** Asks the engine at DOCKER_HOST, else at the default socket. Never throws. */
export async function probeEngine(withinMs: number): Promise<EngineProbe> {
  try {
    const client = new EngineClient(undefined, { ...DEFAULT_DEADLINES, query: withinMs });
    const { version } = await client.info();
    return { answers: true, detail: `Docker ${version}` };
  } catch (error) {
    return { answers: false, detail: (error as Error).message };
  }
}
