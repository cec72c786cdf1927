// Owns what a pool remembers on disk: its identity, written once, and its state, written with each change; how both are
// read back, and what a damaged file means. When to write is the manager's, how bytes reach the disk durable-file.ts's.
import { z } from 'zod';
import type { RingRecipe } from '../../routing/ring-recipe.js';
import type { ContainerTraits, Workload } from '../../runtime/replica-runtime.js';
import { RingChange } from '../ring/ring-history.js';

const SCHEMA = 1;
const HEX_16 = /^[0-9a-f]{16}$/;

/** What makes a pool this pool: whoever shares it sends every key to the same replica. Written once. */
const Identity = z.object({
  schema: z.literal(SCHEMA),
  pool: z.string(),
  poolId: z.string().regex(HEX_16),
  /** Secret of the key hash, 16 hex digits. */
  seed: z.string().regex(HEX_16),
  ring: z.object({
    algorithm: z.enum(['hrw', 'frt', 'ketama', 'maglev', 'classic']),
    slots: z.number().int().positive(),
    frtCap: z.number().nonnegative().nullable(),
    classicSlots: z.number().int().positive(),
    classicVirtualNodes: z.number().int().positive(),
    classicHash: z.enum(['readme', 'assignment', 'keyed']),
  }) satisfies z.ZodType<RingRecipe>,
  createdAt: z.string(),
});
export type Identity = z.infer<typeof Identity>;

const StoredMember = z.object({
  name: z.string().min(1).max(63),
  weight: z.number().positive().max(1000),
  url: z.string().optional(),
  /** Instances below it belong to an earlier replica of that name. */
  firstGeneration: z.number().int().positive(),
  /** An operator took it out of service: its instances run and get no requests. */
  drained: z.boolean().optional(),
  /** A restart was asked for: instances below it serve until one at or above it is ready. */
  renewedFrom: z.number().int().positive().optional(),
});
export type StoredMember = z.infer<typeof StoredMember>;

const StoredTraits = z.object({
  entrypoint: z.array(z.string()).readonly().optional(),
  workingDir: z.string().optional(),
  user: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  tmpfs: z.record(z.string(), z.string()).optional(),
  mounts: z
    .array(
      z.object({ type: z.enum(['volume', 'bind']), source: z.string(), target: z.string(), readOnly: z.boolean() }),
    )
    .readonly()
    .optional(),
  networks: z.array(z.string()).readonly().optional(),
  memory: z.number().positive().optional(),
  cpus: z.number().positive().optional(),
  pids: z.number().int().positive().optional(),
  stopSignal: z.string().optional(),
}) satisfies z.ZodType<ContainerTraits>;

const StoredWorkload = z.object({
  revision: z.number().int().positive().optional(),
  image: z.string().optional(),
  imageRef: z.string().optional(),
  command: z.array(z.string()).readonly().optional(),
  port: z.number().int().min(0).max(65_535),
  env: z.record(z.string(), z.string()),
  healthPath: z.string(),
  stopGraceMs: z.number().nonnegative().optional(),
  hardening: z.enum(['strict', 'default']).optional(),
  container: StoredTraits.optional(),
}) satisfies z.ZodType<Workload>;

const RolloutStep = z.object({
  name: z.string().min(1).max(63),
  /** Least generation of the instance that the step is about to make. */
  generation: z.number().int().positive(),
  state: z.enum(['replacing', 'replaced', 'restoring', 'restored', 'stranded']),
});
/** A replica whose turn has come. `stranded`: what it ran before does not come up any more. */
export type RolloutStep = z.infer<typeof RolloutStep>;

const Rollout = z.object({
  revision: z.number().int().positive(),
  status: z.enum(['rolling', 'rolled-out', 'rolling-back', 'rolled-back', 'failed']),
  from: StoredWorkload,
  to: StoredWorkload,
  /** Replicas that may be replaced at a time. */
  maxSurge: z.number().int().positive(),
  /** How long a successor has to have served before the next replica's turn, in milliseconds. */
  minReadyMs: z.number().nonnegative(),
  /** In the order of their turns. */
  steps: z.array(RolloutStep).readonly(),
  /** Why it is or was rolled back, or failed. */
  reason: z.string().nullable(),
  /** Epoch milliseconds. */
  startedAt: z.number(),
  endedAt: z.number().nullable(),
});
/** The deploy under way, or the last one. */
export type Rollout = z.infer<typeof Rollout>;

/** What is wanted of the pool. It wins over the settings from the second start on. */
const PoolState = z.object({
  schema: z.literal(SCHEMA),
  runtime: z.enum(['docker', 'process', 'static']),
  members: z.array(StoredMember),
  /** Resolved at the first start or by the last deploy that succeeded: the image by id, so that a tag that moves changes nothing. */
  workload: StoredWorkload,
  /** Files of earlier versions have none. One that cannot be read is given up: `workload` is what has proven itself. */
  rollout: Rollout.optional().catch(undefined),
  hashKey: z.string(),
  /** The settings that were used up at the first start; only to tell whether they differ now. */
  createdWith: z.object({ n: z.number().int(), replicas: z.array(z.string()) }),
  /** Highest generation that each name was ever given, so that none is given twice. */
  generations: z.record(z.string(), z.number().int().positive()),
  /** Newest first. Files of earlier versions have none; one that cannot be read is forgotten, the members are worth more. */
  ringHistory: z.array(RingChange).default([]).catch([]),
  /** The pool is being ended: what still runs is stopped, and the next start begins from the settings. */
  ended: z.boolean(),
  savedAt: z.string(),
});
export type PoolState = z.infer<typeof PoolState>;

export const FIRST_GENERATION = 1;

/** @throws Error with the reason when the text is not an identity of this schema */
export function parseIdentity(text: string): Identity {
  return parse(Identity, text);
}

/** @throws Error with the reason when the text is not a state of this schema */
export function parseState(text: string): PoolState {
  const state = parse(PoolState, text);
  const names = state.members.map(({ name }) => name);
  if (new Set(names).size < names.length) throw new Error('a member is listed twice');
  return state;
}

/** The next generation of a name: above all that were ever given to it, and all that are still seen. */
export function nextGeneration(state: Pick<PoolState, 'generations'>, name: string, seen: number): number {
  return Math.max(generationOf(state, name), seen, FIRST_GENERATION - 1) + 1;
}

export function generationOf(state: Pick<PoolState, 'generations'>, name: string): number {
  return Object.hasOwn(state.generations, name) ? (state.generations[name] ?? 0) : 0;
}

/** Names that once were: more than this are forgotten, the longest unused first. */
const MOST_GENERATIONS = 4096;

/** Insertion order is the order of use, which is what forgetting goes by. */
export function withGeneration(state: PoolState, name: string, generation: number): PoolState {
  const { [name]: _previous, ...others } = state.generations;
  const surplus = Object.keys(others).length + 1 - MOST_GENERATIONS;
  const members = new Set(state.members.map((member) => member.name));
  if (surplus > 0) {
    const forgotten = Object.keys(others).filter((other) => !members.has(other));
    for (const other of forgotten.slice(0, surplus)) delete others[other];
  }
  return { ...state, generations: { ...others, [name]: generation } };
}

function parse<T>(schema: z.ZodType<T>, text: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(text.trim() === '' ? 'it is empty' : 'it is no complete JSON', { cause: error });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Error(`${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'not as expected'}`);
}
