// Owns the command of the proxy benchmark: HashFlow beside the proxies that people would use instead, at the same work in the same run;
// tables on the terminal and, where asked, the result files, the chart and docs/performance.md.
//
//   node bench/proxy.ts [--rounds=5] [--only=small,page,…,idle] [--peers=nginx,haproxy,…] [--quick] [--install] [--write]
//   node bench/proxy.ts --memory [--quick] [--write]    what a million requests leave; status 1 when memory is not flat
//   node bench/proxy.ts --draw                          measures nothing: chart and page are made again from the result files
import { join } from 'node:path';
import { writeCharts } from '../experiments/charts/render.ts';
import { installPackages } from '../experiments/optional-packages.ts';
import { fillPage } from '../experiments/page/page.ts';
import { Progress } from '../experiments/progress.ts';
import { provenance, readResult, resultFile, type ResultFile, writeResult } from '../experiments/result-file.ts';
import { startAnswering } from './proxy/answering/answering.ts';
import { CASES } from './proxy/cases.ts';
import { proxyChart } from './proxy/chart.ts';
import { DEBIAN, isInstalled, PEERS } from './proxy/contestants/all.ts';
import { PACKAGES } from './proxy/contestants/packages.ts';
import { divideCores } from './proxy/cores.ts';
import { MAIN } from './proxy/goals.ts';
import { IDLE, measureProxies } from './proxy/measure.ts';
import { measureMemory, memoryTable, type MemoryRun, memoryVerdicts, SAMPLES } from './proxy/memory.ts';
import { parseOptions } from './proxy/options.ts';
import { memorySection, proxySection } from './proxy/page.ts';
import type { ProxyResult } from './proxy/result.ts';
import { proxyTables } from './proxy/tables.ts';
import { installFromDebian } from './system/install.ts';

const HERE = import.meta.dirname;
const RESULTS = join(HERE, 'results');
const FILE = join(RESULTS, 'proxy.json');
const MEMORY_FILE = join(RESULTS, 'proxy-memory.json');
const PAGE = join(HERE, '..', 'docs', 'performance.md');

const options = parseOptions(process.argv.slice(2), {
  cases: [...CASES.map(({ id }) => id), IDLE],
  peers: PEERS.map(({ id }) => id),
});

switch (options.action) {
  case 'measure': {
    if (options.install) installMissing();
    if (PACKAGES.some(({ id }) => options.peers.includes(id))) await installPackages(HERE);
    const began = performance.now();
    const result = await measureProxies(options);
    const file = resultFile('HashFlow beside other proxies', performance.now() - began, result);
    process.stdout.write(`\n${proxyTables(result)}\n\n${provenance(file)}\n`);
    if (options.write) await store(FILE, file);
    break;
  }
  case 'memory': {
    const file = await measureMillion();
    process.stdout.write(`\n${memoryTable(file.result)}\n\n${provenance(file)}\n`);
    if (options.write) await store(MEMORY_FILE, file);
    process.exitCode = memoryVerdicts(file.result).every(({ flat }) => flat) ? 0 : 1;
    break;
  }
  case 'draw':
    await draw();
    break;
}

async function measureMillion(): Promise<ResultFile<MemoryRun>> {
  const cores = divideCores();
  const answering = await startAnswering(cores.answers, false);
  const progress = new Progress(SAMPLES);
  const began = performance.now();
  try {
    progress.label(`${options.memoryRequests} requests`);
    const onSample = () => progress.step();
    const run = await measureMemory(MAIN, answering.replicas, cores, options.memoryRequests, onSample);
    return resultFile('Memory over many requests', performance.now() - began, run);
  } finally {
    progress.end();
    await answering.end();
  }
}

async function store(path: string, file: ResultFile): Promise<void> {
  writeResult(path, file);
  await draw();
}

async function draw(): Promise<void> {
  const proxy = readResult<ProxyResult>(FILE);
  const memory = readResult<MemoryRun>(MEMORY_FILE);
  if (!proxy && !memory) throw new Error('There is no result yet: npm run bench -- --write');
  if (proxy) {
    await writeCharts([proxyChart(proxy.result)], RESULTS);
    fillPage(PAGE, 'proxy', proxySection(proxy));
  }
  if (memory) fillPage(PAGE, 'memory', memorySection(memory));
}

function installMissing(): void {
  const missing = PEERS.filter((kind) => options.peers.includes(kind.id) && !isInstalled(kind));
  installFromDebian(missing.flatMap(({ id }) => DEBIAN.get(id) ?? []));
}
