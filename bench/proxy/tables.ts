// Owns how a result reads, on the terminal and on docs/performance.md: the goals, ratios over all cases, and each case by itself. Pure.
import { number, table } from '../../experiments/page/markdown.ts';
import { MAIN, verdicts } from './goals.ts';
import { DIRECT, idleKilobytes, type MeasuredCase, medianOf, type ProxyResult, ratioOf, timeAdded } from './result.ts';

export function proxyTables(result: ProxyResult): string {
  const { rounds, turnMs, cores, contestants, cases } = result;
  const versions = contestants.map(({ name, version }) => `${name} ${version}`).join(', ');
  const shared = cores.load === cores.answers ? 'load and answering server share' : 'load and answering server have';
  const how = `${rounds} ${rounds === 1 ? 'round' : 'rounds'} of ${turnMs / 1000} s each, in turns. The proxy has core ${cores.proxy} to itself, ${shared} core ${[...new Set([cores.load, cores.answers])].join(' and ')}. ${versions}.`;
  return [
    ...(verdicts(result).length > 0 ? [goalTable(result)] : []),
    ...(cases.length > 0
      ? ['**CPU per request** in µs, and how it compares with that of the express lane', cpuTable(result)]
      : []),
    ...cases.flatMap((one) => [`**${one.name}**, answered by ${one.answers}`, caseTable(result, one)]),
    ...sideTables(result),
    how,
  ].join('\n\n');
}

function goalTable(result: ProxyResult): string {
  const rows = verdicts(result).map(({ what, most, measured = '', reached }) => [
    what,
    `≤ ${most}`,
    measured,
    reached ? 'reached' : '**missed**',
  ]);
  return table(['the express lane', 'goal', 'median of the rounds (least to most)', ''], rows);
}

/** The ratio is the lane's cost over the program's: below 1 the lane is cheaper. */
function cpuTable({ contestants, cases }: ProxyResult): string {
  const rows = cases.map((one) => [
    one.name,
    ...contestants.map(({ id }) => {
      const ratio = id === MAIN ? undefined : ratioOf(one, MAIN, id, 'cpu');
      return figure(medianOf(one, id, 'cpu'), 1) + (ratio ? ` (${number(ratio.median, 2)}x)` : '');
    }),
  ]);
  return table(['', ...contestants.map(({ name }) => name)], rows);
}

function caseTable({ contestants }: ProxyResult, one: MeasuredCase): string {
  const programs = [...contestants, { id: DIRECT, name: 'no proxy' }].filter(({ id }) => one.turns[id]);
  const rows = programs.map(({ id, name }) => [
    name,
    id === DIRECT ? '' : figure(medianOf(one, id, 'cpu'), 1),
    id === DIRECT ? '' : `${figure(100 * medianOf(one, id, 'busy'))} %`,
    figure(medianOf(one, id, 'rate')),
    figure(medianOf(one, id, 'p50')),
    figure(medianOf(one, id, 'p99')),
    id === DIRECT ? '' : figure(medianOf(one, id, 'rss')),
  ]);
  return table(['', 'CPU (µs per request)', 'core busy', 'requests/s', 'p50 (µs)', 'p99 (µs)', 'resident (MiB)'], rows);
}

function sideTables({ contestants, cases, idle }: ProxyResult): string[] {
  const one = cases.find((measured) => measured.turns[DIRECT] && measured.id === 'one');
  const columns = [
    ...(one ? [{ head: 'added at one connection (µs, p50)', of: (id: string) => figure(timeAdded(one, id)) }] : []),
    ...(idle
      ? [
          {
            head: `per idle connection (kB, at ${number(idle.connections)})`,
            of: (id: string) => figure(idleKilobytes(idle, id), 1),
          },
        ]
      : []),
  ];
  if (columns.length === 0) return [];
  const rows = contestants.map(({ id, name }) => [name, ...columns.map(({ of }) => of(id))]);
  return [table(['', ...columns.map(({ head }) => head)], rows)];
}

/** Nothing where nothing was measured. */
function figure(value: number, decimals = 0): string {
  return Number.isNaN(value) ? '' : number(value, decimals);
}
