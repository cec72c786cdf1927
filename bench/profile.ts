// Owns the command of the CPU profile: a lane of the built program under one case of the proxy benchmark, and where its thread spends
// its own time, by function. Nothing of the product is made for it: the inspector is the one that SIGUSR1 opens.
//
//   node bench/profile.ts [--lane=express|standard] [--only=small] [--seconds=10] [--top=40] [--out=FILE.cpuprofile]
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { startAnswering } from './proxy/answering/answering.ts';
import { CASES } from './proxy/cases.ts';
import { hashFlow } from './proxy/contestants/hashflow.ts';
import { divideCores } from './proxy/cores.ts';
import { Load } from './proxy/load/load.ts';
import { costOf } from './proxy/process-cost.ts';
import { type CpuProfile, profileTable, selfTimes } from './proxy/profile-summary.ts';
import { Inspector } from './system/inspector.ts';

const ROOT = pathToFileURL(join(import.meta.dirname, '../')).pathname;
/** Code that runs often is compiled by then. */
const WARM_MS = 4000;
const SAMPLE_US = 200;

const { values } = parseArgs({
  options: {
    lane: { type: 'string', default: 'express' },
    only: { type: 'string', default: 'small' },
    seconds: { type: 'string', default: '10' },
    top: { type: 'string', default: '40' },
    out: { type: 'string' },
  },
});
const { lane, only, out } = values;
const seconds = Number(values.seconds);
const top = Number(values.top);
if (lane !== 'express' && lane !== 'standard') throw new Error(`--lane=${lane} must be express or standard`);
if (!(seconds >= 1 && seconds <= 60)) throw new Error(`--seconds=${values.seconds} must be 1 to 60`);
if (!(Number.isSafeInteger(top) && top >= 1)) throw new Error(`--top=${values.top} must be a whole number above 0`);
const cases = CASES.filter(({ behind }) => behind !== 'docker');
const chosen = cases.find(({ id }) => id === only);
if (!chosen) throw new Error(`--only=${only} must be one of ${cases.map(({ id }) => id).join(', ')}`);

const cores = divideCores();
const answering = await startAnswering(cores.answers, chosen.behind === 'uploads');
const load = new Load(cores.load);
try {
  const contestant = await hashFlow(lane).start(answering.replicas, cores);
  try {
    await load.open({ port: contestant.port, connections: chosen.connections, ask: chosen.ask });
    await load.run(WARM_MS);
    const plain = await costPerRequest(contestant.pids);
    const inspector = await Inspector.open(contestant.pids[0] ?? NaN);
    // The main thread carries no request; the lane is the only other one.
    const thread = inspector.threads[1];
    if (!thread) throw new Error('the data process has no lane');
    await thread.ask('Profiler.enable');
    await thread.ask('Profiler.setSamplingInterval', { interval: SAMPLE_US });
    await thread.ask('Profiler.start');
    await load.run(1000 * seconds);
    const { profile } = await thread.ask<{ profile: CpuProfile }>('Profiler.stop');
    inspector.close();
    if (out !== undefined) writeFileSync(out, JSON.stringify(profile));
    const head = `${chosen.name}, ${lane} lane: ${plain.toFixed(1)} µs of CPU per request without the profiler`;
    process.stdout.write(`\n${head}\n\n${profileTable(selfTimes(profile, ROOT), plain, top)}\n`);
  } finally {
    await load.close();
    await contestant.end();
  }
} finally {
  await load.end();
  await answering.end();
}

async function costPerRequest(pids: readonly number[]): Promise<number> {
  const before = costOf(pids).cpu;
  const { requests } = await load.run(2000);
  return (1e6 * (costOf(pids).cpu - before)) / requests;
}
