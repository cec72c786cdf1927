// Owns the choice of the runtime: the one named, or with RUNTIME=auto the best that is there, with the reason in words.
import type { EngineProbe } from './docker/engine-probe.js';
import type { RuntimeKind } from './replica-runtime.js';

export interface RuntimeChoice {
  readonly kind: RuntimeKind;
  /** For the operator: `RUNTIME=auto: Docker 20.10.24 answers`. */
  readonly reason: string;
}

/** Injection token of the choice. */
export const RuntimeChoice = Symbol('RuntimeChoice');

/** Longest wait for an engine that may not be there. */
const PROBE_MS = 2_000;

/** @param named RUNTIME; @param probe asks for a Docker engine, and is called with `auto` only */
export async function chooseRuntime(
  named: RuntimeKind | 'auto',
  probe: (withinMs: number) => Promise<EngineProbe>,
): Promise<RuntimeChoice> {
  if (named !== 'auto') return { kind: named, reason: `RUNTIME=${named}` };
  const { answers, detail } = await probe(PROBE_MS);
  return answers
    ? { kind: 'docker', reason: `RUNTIME=auto: ${detail} answers` }
    : { kind: 'process', reason: `RUNTIME=auto: ${detail}` };
}
