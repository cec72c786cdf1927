import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { testDataMetrics } from '../../routing/testing/data-metrics.js';
import { DURATION_BOUNDS } from '../../telemetry/buckets.js';
import { type AdminRig, adminRig } from '../testing/admin-rig.js';

const DOCS = join(import.meta.dirname, '../../../../../docs/observability.md');
let rig: AdminRig;
beforeEach(async () => {
  rig = await adminRig();
});
afterEach(() => rig.close());

const scrape = async () => (await fetch(`${rig.url}/metrics`)).text();
/** Lines of a family, as `labels value`. */
const series = (text: string, name: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .map((line) => line.slice(name.length).trim());

describe('GET /metrics', () => {
  it('answers in Prometheus’s text format, and is not kept', async () => {
    const response = await fetch(`${rig.url}/metrics`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    for (const line of (await response.text()).split('\n'))
      expect(line).toMatch(/^$|^# (?:HELP|TYPE) |^[a-z_][a-z0-9_]*(?:\{.*\})? (?:[-+\d.e]+|Nan)$/);
  });

  it('is for operators only: with a token set, it wants it', async () => {
    const guarded = await adminRig({ ADMIN_TOKEN: 'a-token-of-16-characters' });
    expect((await fetch(`${guarded.url}/metrics`)).status).toBe(401);
    const headers = { authorization: 'Bearer a-token-of-16-characters' };
    expect((await fetch(`${guarded.url}/metrics`, { headers })).status).toBe(200);
    await guarded.close();
  });

  it('shows what the data process has counted', async () => {
    rig.pool.link.counted = testDataMetrics();
    const text = await scrape();
    expect(series(text, 'hashflow_data_up')).toEqual(['1']);
    expect(series(text, 'hashflow_requests_total')).toEqual([
      '{method="safe",status="2xx",cause=""} 7',
      '{method="other",status="5xx",cause="no_replica"} 0',
    ]);
    expect(series(text, 'hashflow_replica_requests_total')[1]).toBe(
      '{replica="Server 2",method="safe",status="2xx",cause=""} 7',
    );
    expect(series(text, 'hashflow_upstream_connections')).toEqual([
      '{worker="0",state="idle"} 3',
      '{worker="0",state="busy"} 2',
    ]);
    expect(series(text, 'hashflow_data_process_start_time_seconds')).toEqual(['1900000000.5']);
    expect(series(text, 'hashflow_access_log_lost_lines_total')).toEqual(['5']);
  });

  it('adds buckets up, as histograms want it', async () => {
    rig.pool.link.counted = testDataMetrics();
    const text = await scrape();
    const buckets = series(text, 'hashflow_request_duration_seconds_bucket');
    expect(buckets).toHaveLength(DURATION_BOUNDS.length + 1);
    expect(buckets[0]).toBe('{status="2xx",le="0.0005"} 4');
    expect(buckets[3]).toBe('{status="2xx",le="0.005"} 6');
    expect(buckets.at(-2)).toBe('{status="2xx",le="30"} 6');
    expect(buckets.at(-1)).toBe('{status="2xx",le="+Inf"} 7');
    expect(series(text, 'hashflow_request_duration_seconds_count')).toEqual(['{status="2xx"} 7']);
    expect(series(text, 'hashflow_request_duration_seconds_sum')).toEqual(['{status="2xx"} 1.5']);
  });

  it('says that the data process does not answer, and shows no counts of it', async () => {
    rig.pool.link.counted = testDataMetrics();
    await scrape();
    rig.pool.link.counted = undefined;
    const text = await scrape();
    expect(series(text, 'hashflow_data_up')).toEqual(['0']);
    for (const name of [
      'hashflow_requests_total',
      'hashflow_replica_in_flight_requests',
      'hashflow_client_connections',
    ])
      expect(series(text, name)).toEqual([]);
    expect(series(text, 'hashflow_replicas_wanted')).toEqual(['3']);
  });

  it('shows the pool as operators see it', async () => {
    const text = await scrape();
    expect(series(text, 'hashflow_replicas')).toContain('{state="ready"} 3');
    expect(series(text, 'hashflow_replica_state')).toContain('{replica="Server 1",state="ready"} 1');
    expect(series(text, 'hashflow_replica_state')).toContain('{replica="Server 1",state="unready"} 0');
    const shares = series(text, 'hashflow_replica_share_ratio').map((line) => Number(line.split('} ')[1]));
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);
    expect(series(text, 'hashflow_ring_info')[0]).toMatch(/^\{algorithm="hrw",digest="[^"]+"\} 1$/);
    expect(series(text, 'hashflow_engine_up')).toEqual(['1']);
    expect(series(text, 'hashflow_replica_start_duration_seconds_count')).toEqual(['3']);
  });

  it('shows how hot the hottest keys are, and never which', async () => {
    expect(series(await scrape(), 'hashflow_hot_key_share_ratio')).toEqual([]);
    const key = (hash: number, count: number) => ({ hash, count, error: 0, key: 'a name' });
    rig.pool.link.hotKeyList = { total: 100, spanMs: 1000, keys: [key(7, 50), key(9, 25)] };
    const text = await scrape();
    expect(series(text, 'hashflow_hot_key_share_ratio')).toEqual(['{rank="1"} 0.5', '{rank="2"} 0.25']);
    expect(text).not.toContain('a name');
  });

  it('forgets a replica that was removed, in every family', async () => {
    rig.pool.link.counted = testDataMetrics();
    expect(await scrape()).toContain('replica="Server 3"');
    await rig.pool.manager.remove({ n: 1, hostnames: ['Server 3'] });
    await rig.pool.pass(5000);
    const text = await scrape();
    expect(text).not.toContain('replica="Server 3"');
    expect(text).toContain('replica="Server 2"');
    expect(series(text, 'hashflow_events_total')).toContain('{type="removed"} 1');
  });

  it('adds up what changes of the ring have moved', async () => {
    await rig.pool.manager.add({ n: 1, hostnames: [] });
    await rig.pool.pass(2000);
    const moved = Number(series(await scrape(), 'hashflow_ring_moved_ratio_total')[0]);
    expect(moved).toBeGreaterThan(0.15);
    expect(moved).toBeLessThan(0.35);
    await rig.pool.manager.remove({ n: 1, hostnames: [] });
    await rig.pool.pass(2000);
    const text = await scrape();
    expect(Number(series(text, 'hashflow_ring_moved_ratio_total')[0])).toBeCloseTo(2 * moved, 1);
    expect(Number(series(text, 'hashflow_ring_excess_ratio_total')[0])).toBeLessThan(0.05);
  });

  it('counts deaths, restarts and probes of a replica', async () => {
    const { id } = rig.pool.view('Server 2').instance ?? { id: '' };
    rig.pool.runtime.die(id);
    await rig.pool.pass(5000);
    const text = await scrape();
    expect(series(text, 'hashflow_replica_deaths_total')).toEqual([
      '{replica="Server 1"} 0',
      '{replica="Server 2"} 1',
      '{replica="Server 3"} 0',
    ]);
    expect(series(text, 'hashflow_replica_restarts_total')).toContain('{replica="Server 2"} 1');
    const probes = series(text, 'hashflow_replica_probes_total');
    expect(probes).toHaveLength(9);
    expect(Number(probes.find((line) => line.includes('"Server 1",result="passed"'))?.split('} ')[1])).toBeGreaterThan(
      1,
    );
  });

  it('answers while the pool is ending, with what is left to tell', async () => {
    await rig.pool.manager.shutdown('end', { now: true });
    const text = await scrape();
    expect(series(text, 'hashflow_replicas_wanted')).toEqual([]);
    expect(series(text, 'hashflow_replica_state')).toEqual([]);
    expect(series(text, 'hashflow_events_total')).toContain('{type="stopping"} 1');
    expect(text).toContain('process_cpu_seconds_total');
  });

  it('has exactly the families that docs/observability.md explains', async () => {
    rig.pool.link.counted = testDataMetrics();
    rig.pool.link.hotKeyList = { total: 2, spanMs: 1000, keys: [{ hash: 7, count: 2, error: 0 }] };
    const text = await scrape();
    const shown = [...text.matchAll(/^# HELP (hashflow_\w+) (.*)\n# TYPE \w+ (\w+)/gm)].map(([, name, help, type]) => {
      const first = new RegExp(`^${name}(?:_bucket)?(?:\\{(.*?)\\})? `, 'm').exec(text)?.[1] ?? '';
      const labels = [...first.matchAll(/(\w+)="/g)].map(([, label]) => label).filter((label) => label !== 'le');
      return `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`;
    });
    const rows = readFileSync(DOCS, 'utf8').match(/^\| `hashflow_\w+` \|.*$/gm) ?? [];
    expect(rows.map((row) => row.replace('|  |', '| |'))).toEqual(shown.map((row) => row.replace('|  |', '| |')));
    expect(text).not.toMatch(/^# TYPE \w+_total gauge$/m);
  });
});
