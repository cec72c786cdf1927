// Owns what a family of series is here: filled whole from a snapshot at each scrape, so that what is not in the snapshot any
// more is not in the answer either. prom-client's own metrics remember what they were told; these only borrow its registry, which
// writes them. Which families there are is the other files' of this folder.
import type { Gauge, MetricValue, Registry } from 'prom-client';
import type { HistogramCounts } from '../../telemetry/buckets.js';

export type Labels = Readonly<Record<string, string>>;
export type Row<T> = readonly [labels: Labels, value: T];

interface Description {
  /** In Prometheus's terms: base units, `_total` for what only rises. */
  readonly name: string;
  readonly help: string;
}

/** What the registry reads of a metric: its `get` answers with all series, each under a name of its own where it has one. */
type Sample = MetricValue<string> & { readonly metricName?: string };

abstract class Shown<T> {
  readonly name: string;
  readonly help: string;
  abstract readonly type: 'counter' | 'gauge' | 'histogram';
  private rows: readonly Row<T>[] = [];

  constructor(registry: Registry, { name, help }: Description) {
    this.name = name;
    this.help = help;
    registry.registerMetric(this as unknown as Gauge);
  }

  /** In place of all that was shown before; each set of labels once. */
  show(rows: Iterable<Row<T>>): void {
    this.rows = [...rows];
  }

  async get() {
    const { name, help, type } = this;
    return { name, help, type, aggregator: 'sum', values: this.rows.flatMap((row) => this.samples(row)) };
  }

  protected abstract samples(row: Row<T>): Sample[];
}

export class Family extends Shown<number> {
  get type() {
    return this.name.endsWith('_total') ? 'counter' : 'gauge';
  }

  /** A family without labels. */
  value(value: number): void {
    this.show([[{}, value]]);
  }

  protected override samples([labels, value]: Row<number>): Sample[] {
    return [{ labels, value }];
  }
}

export class HistogramFamily extends Shown<HistogramCounts> {
  readonly type = 'histogram';
  private readonly bounds: readonly string[];

  constructor(registry: Registry, description: Description & { readonly bounds: readonly number[] }) {
    super(registry, description);
    this.bounds = [...description.bounds.map(String), '+Inf'];
  }

  protected override samples([labels, { buckets, sum }]: Row<HistogramCounts>): Sample[] {
    const { name, bounds } = this;
    let count = 0;
    const added = buckets.map((number, index) => ({
      metricName: `${name}_bucket`,
      labels: { ...labels, le: bounds[index] },
      value: (count += number),
    }));
    return [
      ...added,
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}

/** Both kinds by their names without the prefix that all of ours have. */
export function familiesOf(registry: Registry) {
  const named = (name: string, help: string) => ({ name: `hashflow_${name}`, help });
  return {
    family: (name: string, help: string) => new Family(registry, named(name, help)),
    histogram: (name: string, help: string, bounds: readonly number[]) =>
      new HistogramFamily(registry, { ...named(name, help), bounds }),
  };
}
