// Owns which answers of the engine about single containers still hold, so that a list asks anew only about those that something
// has happened to: a pool is listed several times for each death, and each inspection costs as much as a list. What they mean
// is observe.ts's.
import type { ContainerInfo, ContainerInspectInfo } from 'dockerode';

/** Milliseconds. Shorter than the loop's own resync: an event that was lost is made up for by the next one. */
const HOLDS_FOR = 5000;

interface Inspection {
  readonly container: ContainerInspectInfo;
  readonly summary: string;
  readonly at: number;
}

export class Inspections {
  private readonly held = new Map<string, Inspection>();
  /** By container: how often something happened to it. */
  private readonly events = new Map<string, number>();
  /** Rises when the events are interrupted. */
  private era = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Something happened to this container: what was known of it, and what is being asked in this moment, holds no more. */
  touch(id: string): void {
    this.held.delete(id);
    this.events.set(id, (this.events.get(id) ?? 0) + 1);
  }

  /** Anything may have happened: the events were interrupted. */
  clear(): void {
    this.held.clear();
    this.era++;
  }

  /** @param inspect asks the engine. @throws whatever that throws */
  async of(
    listed: ContainerInfo,
    inspect: (id: string) => Promise<ContainerInspectInfo>,
  ): Promise<ContainerInspectInfo> {
    const { Id: id } = listed;
    const summary = summaryOf(listed);
    const known = this.held.get(id);
    if (known?.summary === summary && this.now() - known.at < HOLDS_FOR) return known.container;
    const [at, era, events] = [this.now(), this.era, this.events.get(id)];
    const container = await inspect(id);
    if (this.era === era && this.events.get(id) === events) this.held.set(id, { container, summary, at });
    return container;
  }

  /** Forgets all but these. */
  keep(listed: readonly ContainerInfo[]): void {
    const ids = new Set(listed.map(({ Id }) => Id));
    for (const known of [this.held, this.events]) for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
  }
}

/** What the engine's list alone tells, and no event of a container does: its addresses. Its age in words is left out. */
function summaryOf({ State, Names, NetworkSettings, Ports }: ContainerInfo): string {
  const addresses = Object.entries(NetworkSettings.Networks).map(([name, { IPAddress }]) => [name, IPAddress]);
  return JSON.stringify([State, Names, addresses, Ports]);
}
