// The floor plan of docs/architecture.md as rules: imports run downward only, rooms on one floor are strangers, no cycle.
const src = 'apps/balancer/src/';
const floors = [
  ['config', 'telemetry', 'platform'],
  ['runtime', 'routing'],
  ['orchestrator', 'proxy'],
  ['admin', 'dashboard'],
];
const rooms = (list) => `^${src}(${list.join('|')})/`;

const upward = floors.slice(0, -1).map((list, floor) => ({
  name: `floor-${floor}-looks-up`,
  severity: 'error',
  from: { path: rooms(list), pathNot: '/testing/|spec\\.ts$' },
  to: { path: `${rooms(floors.slice(floor + 1).flat())}|^${src}[^/]+\\.ts$` },
}));
const sideways = floors.flatMap((list) =>
  list.map((room) => ({
    name: `${room}-knows-no-neighbour`,
    severity: 'error',
    from: { path: rooms([room]), pathNot: '/testing/|spec\\.ts$' },
    to: { path: list.length > 1 ? rooms(list.filter((other) => other !== room)) : '^$' },
  })),
);

export default {
  forbidden: [
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    ...upward,
    ...sideways,
    {
      name: 'one-dockerode',
      severity: 'error',
      from: { pathNot: 'runtime/docker/' },
      to: { path: 'node_modules/(@types/)?dockerode' },
    },
    {
      name: 'hashing-stands-alone',
      severity: 'error',
      from: { path: '^libs/hashing/src', pathNot: '/testing/|spec\\.ts$' },
      to: { pathNot: '^libs/hashing/src|^node_modules/@noble/hashes' },
    },
    {
      name: 'cli-knows-http-only',
      comment: 'the command line is a client like any other',
      severity: 'error',
      from: { path: '^apps/cli/src', pathNot: '/testing/|spec\\.ts$' },
      to: { path: '^(apps/(balancer|server)|libs)/' },
    },
    {
      name: 'pure-files-decide',
      comment: 'no Nest, no node: module: a decision is a function of its arguments',
      severity: 'error',
      from: {
        path: 'orchestrator/(plan|plan-input|eligibility|outliers|panic|standby|spawn-gate|slow-start|restart-policy|health|members|life-rules|probing/probe-subjects|ring/(ring-history|ring-proposal|ring-views|hot-keys-view|route-finder)|deploy/(rollout|deploy-change|deploy-view)|views/(traffic-view|check-views|masking|spec-view)|events/(pool-event|pool-news|event-log))\\.ts$|routing/(hash-key|hot-keys|space-saving|table)\\.ts$|proxy/(attempts/[a-z-]+|limits/(client-limits|connection-rooms|idle-age|load-shedder|replica-limits|request-queue)|message/(fields|head|request-id|trace-context|via)|lane/(client-address|timer-wheel|wakefulness)|answers/causes|access-log/(access-entry|json-line|combined-line|line-format|line-writer|masked-target)|express/(chunked|field-lines|grammar|request-head|response-head)|traffic/(ends|retry-reasons))\\.ts$|telemetry/buckets\\.ts$|runtime/spec/(compose-[a-z]+|env-file|interpolate)\\.ts$',
      },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-junk-drawer',
      severity: 'error',
      from: {},
      to: { path: '/(utils|helpers|common)(/|\\.ts$)', pathNot: 'node_modules' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
