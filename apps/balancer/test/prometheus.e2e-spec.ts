// docker/prometheus and docker/grafana against a live balancer: what is scraped, what the rules and the dashboard ask for.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { type Balancer, eventually, pause, startBalancer } from './harness.js';
import { call, pidOf, type replicasOf } from './http-client.js';
import { type Prometheus, promtool, prometheusTools, startPrometheus, type Tools } from './prometheus.js';

const DOCKER = join(import.meta.dirname, '../../../docker');
const CONFIG = join(DOCKER, 'prometheus/prometheus.yml');
const RULES = join(DOCKER, 'prometheus/rules.yml');
const DASHBOARD = join(DOCKER, 'grafana/dashboards/hashflow.json');

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
}
interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }[];
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr: string }[] };
}

const rules = (parse(readFileSync(RULES, 'utf8')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);
const dashboard = JSON.parse(readFileSync(DASHBOARD, 'utf8')) as Dashboard;

/** As Grafana fills them in, for a scrape every second. */
const filled = (expression: string) => expression.replaceAll('$__rate_interval', '10s').replaceAll('$instance', '.+');
/** A comparison that holds in bad times only shows nothing in good ones: with `bool` it shows how it went. */
const always = (expression: string) => expression.replace(/ (==|>|<) (\S+)\s*$/, ' $1 bool $2');

const expressions: [string, string][] = [
  ...rules.map(({ record, alert, expr }): [string, string] => [`rule ${record ?? alert}`, always(expr)]),
  ...dashboard.annotations.list.map(({ name, expr }): [string, string] => [`mark ${name}`, always(filled(expr))]),
  ...dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }): [string, string] => [`panel ${title}`, filled(expr)]),
  ),
];

const tools = await prometheusTools();
if (typeof tools === 'string') {
  describe.skip(`a real Prometheus (left out: ${tools})`, () => {
    it.each(expressions)('%s', () => {});
  });
} else suite(tools);

function suite(at: Tools): void {
  describe('a real Prometheus', () => {
    let balancer: Balancer;
    let prometheus: Prometheus;
    let loading = true;
    let load: Promise<unknown>;
    const folder = mkdtempSync(join(tmpdir(), 'hashflow-prometheus-config-'));

    const keepAsking = async (path: string, key: () => string) => {
      while (loading) {
        await call(`${balancer.dataUrl}${path}`, { headers: { 'x-hash-key': key() } }).catch(() => {});
        await pause(10);
      }
    };

    beforeAll(async () => {
      const env = { RUNTIME: 'process', STANDBY: '1', ADMIN_TOKEN: 'a-token-of-16-characters', WORKERS: '2' };
      balancer = await startBalancer({ env });
      const token = join(folder, 'token');
      writeFileSync(token, env.ADMIN_TOKEN, { mode: 0o600 });
      // The delivered configuration, with the target, the token and the pace of this test.
      const config = parse(readFileSync(CONFIG, 'utf8')) as {
        global: object;
        scrape_configs: [{ static_configs: object; authorization?: object }];
      };
      config.global = { scrape_interval: '1s', evaluation_interval: '1s' };
      config.scrape_configs[0].static_configs = [{ targets: [new URL(balancer.adminUrl).host] }];
      config.scrape_configs[0].authorization = { credentials_file: token };
      writeFileSync(join(folder, 'prometheus.yml'), stringify(config));
      writeFileSync(join(folder, 'rules.yml'), readFileSync(RULES));
      prometheus = await startPrometheus(at, join(folder, 'prometheus.yml'));
      const anyKey = () => String(Math.random());
      const oneKey = () => 'hot';
      load = Promise.all([
        keepAsking('/home', anyKey),
        keepAsking('/home', anyKey),
        keepAsking('/no-such-page', oneKey),
      ]);
    }, 240_000);

    afterAll(async () => {
      loading = false;
      await load;
      await prometheus.stop();
      await balancer.stop();
      rmSync(folder, { recursive: true, force: true });
    }, 60_000);

    const authorized = { authorization: 'Bearer a-token-of-16-characters' };

    it('finds nothing to mend in the configuration, the rules and the metrics', async () => {
      expect(await promtool(at, ['check', 'config', CONFIG])).toContain(`${rules.length} rules found`);
      const { text } = await call(`${balancer.adminUrl}/metrics`, { headers: authorized });
      expect(await promtool(at, ['check', 'metrics'], text)).toBe('');
    });

    it('may not look without the token', async () => {
      expect((await call(`${balancer.adminUrl}/metrics`)).status).toBe(401);
    });

    it('scrapes it, with the token', async () => {
      await eventually('a first scrape', async () => {
        const { data } = await prometheus.query('up{job="hashflow"} == 1 and on (instance) hashflow_data_up == 1');
        return data.result.length === 1 ? true : undefined;
      });
    });

    it('gets data for every expression of the rules and of the dashboard, once something has happened', async () => {
      // A crash and a removal: what is only counted when it happens has to happen.
      await pause(3000);
      const [, victim] = await replicasFor();
      process.kill(pidOf(victim?.instance), 'SIGKILL');
      await post('/add?wait=ready', { n: 1, hostnames: ['late'] });
      await post('/rm?wait=gone', { n: 1, hostnames: ['late'] }, 'DELETE');
      const lacking = new Map<string, string>(expressions.map(([name, expression]) => [expression, name]));
      await eventually(
        'data for every expression',
        async () => {
          for (const [expression, name] of lacking) {
            const answer = await prometheus.query(expression);
            if (answer.status !== 'success') throw new Error(`${name}: ${answer.error}\n${expression}`);
            const values = answer.data.result.map(({ value: [, value] }) => value);
            if (values.length > 0 && values.every((value) => value !== 'NaN')) lacking.delete(expression);
          }
          return lacking.size === 0 ? true : undefined;
        },
        60_000,
      ).catch((error: Error) => {
        throw new Error(`${error.message}: ${JSON.stringify([...lacking], null, 2)}`);
      });
    }, 180_000);

    it('evaluates the rules without a failure, and alerts nobody of one crash', async () => {
      const { data } = (await prometheus.get('/api/v1/rules')) as {
        data: { groups: { rules: { name: string; health: string; state?: string; lastError?: string }[] }[] };
      };
      const all = data.groups.flatMap((group) => group.rules);
      expect(all).toHaveLength(rules.length);
      expect(all.filter(({ health }) => health !== 'ok')).toEqual([]);
      expect(all.filter(({ state }) => state === 'firing').map(({ name }) => name)).toEqual([]);
    });

    it('agrees with the balancer on how many requests there were', async () => {
      loading = false;
      await load;
      const sumOf = (text: string, name: string) =>
        [...text.matchAll(new RegExp(`^${name}\\{.*\\} (\\d+)$`, 'gm'))].reduce((sum, [, n]) => sum + Number(n), 0);
      await eventually('the same sum in Prometheus', async () => {
        const { text } = await call(`${balancer.adminUrl}/metrics`, { headers: authorized });
        // A scrape that the data process was too slow for says so, and has no counts.
        if (text.includes('hashflow_data_up 0')) return undefined;
        const counted = sumOf(text, 'hashflow_requests_total');
        expect(counted).toBeGreaterThan(100);
        expect(sumOf(text, 'hashflow_replica_requests_total')).toBeLessThanOrEqual(counted);
        const { data } = await prometheus.query('sum(hashflow_requests_total)');
        return Number(data.result[0]?.value[1]) === counted ? true : undefined;
      });
    });

    const replicasFor = () =>
      call(`${balancer.adminUrl}/api/replicas`, { headers: authorized }).then(
        ({ json }) => (json as { replicas: Awaited<ReturnType<typeof replicasOf>> }).replicas,
      );
    const post = async (path: string, body: object, method = 'POST') => {
      const text = Buffer.from(JSON.stringify(body));
      const headers = { ...authorized, 'content-type': 'application/json', 'content-length': text.length };
      const answer = await call(`${balancer.adminUrl}${path}`, { method, headers, body: text });
      expect(answer.status).toBe(200);
    };
  });
}
