// Owns turning the balancer's counts, which only rise, into rates over the last minutes. Pure but for what it remembers; the
// time comes in with each sample. A silent stream means that nothing was counted, unless nobody listened: missed().
import { RecentHistograms } from './quantiles.js';

/** @import { InstanceTraffic, TrafficView } from './api-types.js' */
/** @import { Quantiles } from './quantiles.js' */
/**
 * @typedef {object} Point rates per second at one time
 * @property {number} at epoch milliseconds
 * @property {number} total
 * @property {number} failed
 * @property {Map<string, number>} byReplica
 * @property {Map<string, Quantiles>} [latency] by replica; of all together: the empty name
 */

/** A sample comes a second after the one before while something is counted, so a longer silence was a quiet time. */
const PACE_MS = 1000;
const QUIET_MS = 2.5 * PACE_MS;
const KEPT_MS = 5 * 60_000;
/** Quantiles are of the requests of so long: of one second alone they would jump about. */
const QUANTILES_MS = 10_000;

export class TrafficHistory {
  /** @type {Point[]} oldest first */
  points = [];
  /** @type {number | null} epoch milliseconds; since then nobody knows what goes on, and what is shown is of then */
  unheardSince = null;
  /** The balancer measures latency too. */
  hasLatency = false;
  /** @type {{ clockMs: number, at: number, counts: Map<string, InstanceTraffic> } | undefined} */
  #last;
  #missed = false;
  #histograms = new RecentHistograms(QUANTILES_MS);

  /** @param {TrafficView} sample as /api/traffic sends it @param {number} now epoch milliseconds */
  add({ clockMs, instances, latency = null }, now) {
    const before = this.#last;
    const missed = this.#missed;
    this.#missed = false;
    this.#last = { clockMs, at: now, counts: new Map(instances.map((instance) => [instance.id, instance])) };
    const quantiles = this.#histograms.add(latency, now);
    this.hasLatency ||= latency !== null;
    if (!before || clockMs < before.clockMs) {
      this.#push(silence(now)); // another balancer, or the first: there is nothing to compare with
      return;
    }
    const elapsed = clockMs - before.clockMs;
    const quiet = !missed && elapsed > QUIET_MS;
    const seconds = quiet ? PACE_MS / 1000 : Math.max(0.05, elapsed / 1000);
    if (quiet) for (const at of [before.at + PACE_MS, now - PACE_MS]) this.#push(silence(at));
    const byReplica = new Map();
    let failed = 0;
    for (const instance of instances) {
      const { requests, failures } = since(before.counts.get(instance.id), instance);
      byReplica.set(instance.replica, (byReplica.get(instance.replica) ?? 0) + requests / seconds);
      failed += failures / seconds;
    }
    const total = [...byReplica.values()].reduce((sum, one) => sum + one, 0);
    const point = { at: now, total, failed, byReplica };
    // Nobody knows how it went meanwhile: what is known is the mean.
    if (missed && elapsed > QUIET_MS) this.#push({ ...point, at: before.at + PACE_MS });
    this.#push({ ...point, latency: quantiles });
  }

  /** The time of which one knows. @param {number} now epoch milliseconds */
  knownAt(now) {
    return Math.min(now, this.unheardSince ?? now);
  }

  /** Nobody listened until now: what the next sample has more than the last one came at any time in between. */
  missed() {
    this.#missed = true;
  }

  /** What is true now: the last rates, or none after a silence. @param {number} now @returns {Point} */
  latest(now) {
    const point = this.points.at(-1);
    return point && now - point.at <= QUIET_MS ? point : silence(now);
  }

  /** Points of a chart that ends now, with the silence since the last sample in it. @param {number} now @returns {Point[]} */
  upTo(now) {
    const last = this.points.at(-1);
    const kept = this.points.filter(({ at }) => at > now - KEPT_MS);
    if (!last || now - last.at <= QUIET_MS) return kept;
    return [...kept, silence(Math.min(last.at + PACE_MS, now)), silence(now)];
  }

  /** In flight, requests and failed tries of each replica, over its instances that the data process still counts. */
  totals() {
    const totals = new Map();
    for (const instance of this.#last?.counts.values() ?? []) {
      const sum = totals.get(instance.replica) ?? { inFlight: 0, requests: 0, failed: 0 };
      sum.inFlight += instance.inFlight;
      sum.requests += instance.requests;
      sum.failed += failures(instance);
      totals.set(instance.replica, sum);
    }
    return totals;
  }

  /** @param {Point} point */
  #push(point) {
    this.points.push(point);
    this.points = this.points.filter(({ at }) => at >= point.at - KEPT_MS);
  }
}

/** @param {number} at @returns {Point} */
function silence(at) {
  return { at, total: 0, failed: 0, byReplica: new Map() };
}

/** After a restart of whoever counts, counts are lower: then all of them are new. @param {InstanceTraffic | undefined} before @param {InstanceTraffic} now */
function since(before, now) {
  if (!before || now.requests < before.requests) return { requests: now.requests, failures: failures(now) };
  return { requests: now.requests - before.requests, failures: Math.max(0, failures(now) - failures(before)) };
}

/** @param {InstanceTraffic} instance */
function failures({ outcomes }) {
  return outcomes.serverErrors + outcomes.refused + outcomes.reset + outcomes.timedOut;
}
