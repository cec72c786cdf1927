// Owns how a workload is told from another: the fingerprint that instances carry, and where the settings ask for something
// else than what the pool runs. Making workloads is the runtime's.
import { createHash } from 'node:crypto';
import type { Settings } from '../../config/config.module.js';
import { recipeOf } from '../../routing/ring-recipe.js';
import type { ContainerTraits, Workload } from '../../runtime/replica-runtime.js';
import { maskedWords } from '../views/masking.js';
import type { Identity, PoolState } from './pool-state.js';

/**
 * Equal for workloads that run alike. The image's reference, a probe's path and the grace of a stop do not make an instance
 * another one, so none of them counts. The revision does: a deploy that replaces instances tells its own from all others.
 */
export function specHash(
  { revision, image, command, port, env, hardening, container }: Workload,
  url?: string,
): string {
  const sorted = Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1));
  const basic = [image ?? null, command ?? null, port, sorted, url ?? null];
  // Left out where it is not used: the fingerprints of instances that were made before it existed stay what they are.
  const further = hardening || container ? [hardening ?? null, canonical(container)] : [];
  const deployed = revision === undefined ? [] : [{ revision }];
  const facts = JSON.stringify([...basic, ...further, ...deployed]);
  return createHash('sha256').update(facts).digest('hex').slice(0, 16);
}

/**
 * One line per setting that asks for something else than the stored pool, which wins. Secrets and values of the
 * environment are never shown.
 * @param resolved what the settings would run now; null when that cannot be found out
 */
export function drift(settings: Settings, identity: Identity, state: PoolState, resolved: Workload | null): string[] {
  const lines: string[] = [];
  const differ = (name: string, now: unknown, stored: unknown, origin = 'the pool was made with') => {
    if (canonical(now) === canonical(stored)) return;
    lines.push(`${name}=${shown(now)} is not applied: ${origin} ${shown(stored)}`);
  };
  if (state.runtime !== 'static') {
    if (settings.n !== state.createdWith.n) {
      lines.push(
        `N=${settings.n} is not applied: it was ${state.createdWith.n} when the pool was made; use /add and /rm (it has ${state.members.length} now)`,
      );
    }
  } else if (JSON.stringify(settings.replicas) !== JSON.stringify(state.createdWith.replicas)) {
    lines.push('REPLICAS is not applied: it differs from what the pool was made with; use /add and /rm');
  }
  if (state.members.length > settings.maxReplicas) {
    lines.push(
      `MAX_REPLICAS=${settings.maxReplicas} is below the ${state.members.length} replicas of the pool: none is removed, none can be added`,
    );
  }
  const recipe = recipeOf(settings);
  differ('HASH_ALGORITHM', recipe.algorithm, identity.ring.algorithm);
  differ('HASH_SLOTS', recipe.slots, identity.ring.slots);
  differ('FRT_CAP', recipe.frtCap ?? undefined, identity.ring.frtCap ?? undefined);
  differ('M', recipe.classicSlots, identity.ring.classicSlots);
  differ('K', recipe.classicVirtualNodes, identity.ring.classicVirtualNodes);
  differ('CLASSIC_HASH', recipe.classicHash, identity.ring.classicHash);
  differ('HASH_KEY', settings.hashKey, state.hashKey);
  if (settings.hashSeed !== undefined && settings.hashSeed !== identity.seed)
    lines.push('HASH_SEED is not applied: the pool has another seed');
  if (resolved) lines.push(...workloadDrift(resolved, state.workload, differ));
  return lines;
}

function workloadDrift(
  resolved: Workload,
  stored: Workload,
  differing: (name: string, now: unknown, stored: unknown, origin: string) => void,
): string[] {
  const lines: string[] = [];
  const origin = stored.revision === undefined ? 'the pool was made with' : 'the last deploy made it';
  const differ = (name: string, now: unknown, then: unknown) => differing(name, now, then, origin);
  differ('REPLICA_IMAGE', resolved.imageRef, stored.imageRef);
  if (resolved.imageRef === stored.imageRef && resolved.image !== stored.image) {
    lines.push(
      `${stored.imageRef ?? 'The image'} now names another image: the pool stays with ${stored.image ?? 'the one it had'}`,
    );
  }
  differ('REPLICA_COMMAND', resolved.command, stored.command);
  differ('REPLICA_PORT', resolved.port, stored.port);
  differ('HEALTH_PATH', resolved.healthPath, stored.healthPath);
  const names = new Set([...Object.keys(resolved.env), ...Object.keys(stored.env)]);
  const changed = [...names].filter((name) => resolved.env[name] !== stored.env[name]).sort();
  if (changed.length > 0)
    lines.push(`REPLICA_ENV is not applied: it differs in ${changed.join(', ')} from what ${origin}`);
  differ('HARDENING', resolved.hardening, stored.hardening);
  differ('stop_grace_period', resolved.stopGraceMs, stored.stopGraceMs);
  const [traits, storedTraits] = [resolved.container ?? {}, stored.container ?? {}];
  const keys = new Set([...Object.keys(traits), ...Object.keys(storedTraits)]) as Set<keyof ContainerTraits>;
  const others = [...keys].filter((key) => canonical(traits[key]) !== canonical(storedTraits[key])).sort();
  if (others.length > 0)
    lines.push(`REPLICA_SPEC is not applied: it differs in ${others.join(', ')} from what ${origin}`);
  return lines;
}

/** Equal texts for equal values: stored and read again, a value has its keys in another order. */
export function canonical(value: unknown): string | undefined {
  return JSON.stringify(value, (_, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
}

function shown(value: unknown): string {
  if (value === undefined) return 'the default';
  if (Array.isArray(value)) return JSON.stringify(maskedWords(value.map(String)));
  return typeof value === 'string' ? value : JSON.stringify(value);
}
