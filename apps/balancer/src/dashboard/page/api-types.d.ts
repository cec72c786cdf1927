// Owns the names by which the page's scripts know the API's answers. The shapes are the balancer's own, so that tsc sees it when
// an answer changes and the page does not. For checking only: nothing of it is served.
export type {
  ChecksView,
  ConductView,
  DeathView,
  PoolSummary,
  ProbeView,
  ReplicaView,
} from '../../orchestrator/views/replica-view.js';
export type { PreviewView, RingView, RouteView } from '../../orchestrator/ring/ring-views.js';
export type { HotKeysView, HotKeyView } from '../../orchestrator/ring/hot-keys-view.js';
export type { InstanceTraffic, LatencyView, TrafficView } from '../../orchestrator/views/traffic-view.js';
export type { SpecView } from '../../orchestrator/views/spec-view.js';
export type { DeployView } from '../../orchestrator/deploy/deploy-view.js';
export type { AuditEntry } from '../../orchestrator/events/audit-trail.js';
export type { PoolEvent, PoolEventType } from '../../orchestrator/events/pool-event.js';
export type { RingProposal } from '../../orchestrator/ring/ring-proposal.js';
