// Owns a whole measurement: who takes part, the stages one after the other, what is left out and why. How a stage is measured is stage.ts's.
import { Progress } from '../../experiments/progress.ts';
import { engineAnswers } from '../life/bare.ts';
import { startAnswering } from './answering/answering.ts';
import { type Behind, type Case, CASES } from './cases.ts';
import { isInstalled, LANES, PEERS } from './contestants/all.ts';
import { startDockerPool } from './contestants/docker-pool.ts';
import { divideCores } from './cores.ts';
import { MAIN } from './goals.ts';
import { idleConnections, measureIdle } from './idle.ts';
import type { Options } from './options.ts';
import type { Idle, MeasuredCase, ProxyResult } from './result.ts';
import { measureStage, type StagePlan, turnsOf } from './stage.ts';

/** What is measured besides the cases, as --only names it. */
export const IDLE = 'idle';

type Common = Pick<StagePlan, 'kinds' | 'cores' | 'rounds' | 'turnMs' | 'onTurn'>;

/** @throws Error where it cannot be measured: less than two cores, no taskset, an answer that is wrong */
export async function measureProxies({ only, peers, rounds, turnMs, ...options }: Options): Promise<ProxyResult> {
  const cores = divideCores();
  const chosen = PEERS.filter(({ id }) => peers.includes(id));
  const kinds = [...chosen.filter(isInstalled), ...LANES];
  const engine = only.includes('docker') && (await engineAnswers());
  const cases = CASES.filter(({ id, behind }) => only.includes(id) && (behind !== 'docker' || engine));
  const connections = only.includes(IDLE) ? idleConnections(options.idleConnections) : 0;

  const progress = new Progress(turnsOf({ cases, kinds, rounds }) + (connections > 0 ? kinds.length : 0));
  const missing = chosen.filter((kind) => !isInstalled(kind)).map(({ name }) => name);
  if (missing.length > 0) progress.say(`Not installed, so not measured: ${missing.join(', ')} (--install)`);
  if (only.includes('docker') && !engine) progress.say('No Docker engine answers: its case is left out');
  if (only.includes(IDLE) && connections < options.idleConnections)
    progress.say(`The limit of open files allows ${connections} idle connections of ${options.idleConnections}`);

  const onTurn = (what: string) => {
    progress.label(what);
    progress.step();
  };
  const common: Common = { kinds, cores, rounds, turnMs, onTurn };
  const behind = (which: Behind) => cases.filter((one) => one.behind === which);
  try {
    const { measured, idle } = await answered(common, behind('answers'), connections);
    const uploads = await answered(common, behind('uploads'), 0, true);
    const docker = await contained(common, behind('docker'));
    const contestants = kinds.map((kind) => ({ id: kind.id, name: kind.name, version: kind.version() ?? '' }));
    return { rounds, turnMs, cores, contestants, cases: [...measured, ...uploads.measured, ...docker], idle };
  } finally {
    progress.end();
  }
}

/** In front of the answering servers. @param connections that idle; 0: that is not measured */
async function answered(
  common: Common,
  cases: readonly Case[],
  connections: number,
  uploads = false,
): Promise<{ measured: MeasuredCase[]; idle: Idle | null }> {
  if (cases.length === 0 && connections === 0) return { measured: [], idle: null };
  const { kinds, cores, onTurn } = common;
  const answering = await startAnswering(cores.answers, uploads);
  const { replicas, by } = answering;
  try {
    const measured = cases.length > 0 ? await measureStage({ ...common, cases, replicas, answers: by }) : [];
    const idle = connections > 0 ? await measureIdle(kinds, replicas, cores, connections, onTurn) : null;
    return { measured, idle };
  } finally {
    await answering.end();
  }
}

/** In front of containers, which the main lane has made. */
async function contained(common: Common, cases: readonly Case[]): Promise<MeasuredCase[]> {
  if (cases.length === 0) return [];
  const { owner, replicas } = await startDockerPool(common.cores);
  try {
    const answers = `${replicas.length} containers of the sample replica`;
    return await measureStage({ ...common, cases, replicas, answers, instead: new Map([[MAIN, owner]]) });
  } finally {
    await owner.end();
  }
}
