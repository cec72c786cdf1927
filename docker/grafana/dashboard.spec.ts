// The Grafana dashboard held against what Grafana takes without a word of complaint and then shows wrongly. Whether its expressions
// return data is apps/balancer/test/prometheus.e2e-spec.ts's; a Grafana itself is no part of any test.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';

interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat?: string;
  readonly datasource: object;
}
interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: object;
  readonly targets?: readonly Target[];
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string }; readonly overrides: readonly unknown[] };
  readonly options?: { readonly legend?: object };
}
interface Dashboard {
  readonly id?: unknown;
  readonly uid: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { readonly datasource: object; readonly expr: string }[] };
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly datasource?: object }[];
  };
}

const FOLDER = import.meta.dirname;
const dashboard = JSON.parse(readFileSync(join(FOLDER, 'dashboards/hashflow.json'), 'utf8')) as Dashboard;
const { panels, templating, annotations } = dashboard;
const shown = panels.filter(({ type }) => type !== 'row');

const COLUMNS = 24;
/** As the variable names it, so that it works with whatever source somebody has. */
const SOURCE = { type: 'prometheus', uid: '${datasource}' };
/** Of Grafana's own list (its "Units" page); another word would be written behind the number as it is. */
const UNITS = ['short', 'none', 'percentunit', 'reqps', 'ops', 's', 'bytes', 'Bps'];

describe('the Grafana dashboard', () => {
  it('can be imported beside others: a uid of its own, no id, a schema that Grafana 10 and later migrate', () => {
    expect(dashboard.uid).toMatch(/^[a-z0-9-]{1,40}$/);
    expect(dashboard.id ?? null).toBeNull();
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(36);
  });

  it('has panels with ids and titles of their own, of types that every Grafana brings', () => {
    for (const property of ['id', 'title'] as const)
      expect(new Set(panels.map((panel) => panel[property])).size).toBe(panels.length);
    for (const { id, type } of panels) {
      expect(Number.isInteger(id) && id > 0).toBe(true);
      expect(['row', 'stat', 'timeseries']).toContain(type);
    }
  });

  it('lays no panel over another or outside of the grid, and each row above what belongs to it', () => {
    for (const { title, gridPos } of panels) {
      const { x, y, w, h } = gridPos;
      expect({ title, inside: x >= 0 && y >= 0 && w > 0 && h > 0 && x + w <= COLUMNS }).toEqual({
        title,
        inside: true,
      });
    }
    const overlaps = panels.flatMap((one, index) =>
      panels
        .slice(index + 1)
        .filter(({ gridPos: other }) => {
          const { x, y, w, h } = one.gridPos;
          return x < other.x + other.w && other.x < x + w && y < other.y + other.h && other.y < y + h;
        })
        .map((other) => `${one.title} / ${other.title}`),
    );
    expect(overlaps).toEqual([]);
    expect(panels.map(({ gridPos: { x, y } }) => y * COLUMNS + x)).toEqual(
      panels.map(({ gridPos: { x, y } }) => y * COLUMNS + x).sort((a, b) => a - b),
    );
  });

  it('asks the source that the variable names, everywhere', () => {
    expect(templating.list[0]).toMatchObject({ name: 'datasource', type: 'datasource', query: 'prometheus' });
    const asked = [
      ...shown.map(({ datasource }) => datasource),
      ...shown.flatMap(({ targets = [] }) => targets.map(({ datasource }) => datasource)),
      ...annotations.list.map(({ datasource }) => datasource),
      ...templating.list.slice(1).map(({ datasource }) => datasource),
    ];
    for (const datasource of asked) expect(datasource).toEqual(SOURCE);
  });

  it.each(shown.map((panel): [string, Panel] => [panel.title, panel]))(
    '%s has a unit, something to ask, and a name for each line',
    (_title, { type, targets = [], fieldConfig, options }) => {
      expect(UNITS).toContain(fieldConfig?.defaults.unit);
      expect(targets.length).toBeGreaterThan(0);
      expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
      if (type !== 'timeseries') return;
      expect(options?.legend).toBeDefined();
      for (const { legendFormat = '' } of targets) expect(legendFormat).not.toMatch(/^(__auto)?$/);
    },
  );

  it('uses no variable that it does not have, and asks only the balancers that were chosen', () => {
    const known = [...templating.list.map(({ name }) => name), '__rate_interval'];
    const expressions = [...annotations.list, ...shown.flatMap(({ targets = [] }) => targets)].map(({ expr }) => expr);
    for (const expr of expressions) {
      const used = [...expr.matchAll(/\$\{?(\w+)\}?/g)].map(([, name]) => name);
      expect(used.filter((name) => !known.includes(name ?? ''))).toEqual([]);
      const series = expr.match(/\b(?:hashflow|process|nodejs)_\w+/g) ?? [];
      expect([expr, expr.split('{instance=~"$instance"').length - 1]).toEqual([expr, series.length]);
    }
  });

  it('is found by the provisioning of compose, with a source to ask', () => {
    const yaml = (path: string) =>
      parse(readFileSync(join(FOLDER, 'provisioning', path), 'utf8')) as Record<string, object[]>;
    expect(yaml('dashboards/hashflow.yml')).toMatchObject({ apiVersion: 1, providers: [{ type: 'file' }] });
    expect(yaml('datasources/prometheus.yml')).toMatchObject({
      apiVersion: 1,
      datasources: [{ type: 'prometheus', isDefault: true }],
    });
  });
});
