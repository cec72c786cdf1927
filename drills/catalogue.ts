// Owns the list of drills, in the order in which they run and stand on the page.
import type { Drill } from './drill.ts';
import { deploy } from './runs/deploy.ts';
import { control, data, engine, engineLive, worker } from './runs/plane-drills.ts';
import { add, drain, freeze, hang, kill, remove, restart, slow } from './runs/replica-drills.ts';
import { promote, standby } from './runs/standby.ts';
import { steadyDrill } from './steady/steady.ts';

export interface SteadyOrder {
  readonly events: number;
  readonly seed: number;
}

export function catalogue({ events, seed }: SteadyOrder): Drill[] {
  return [
    kill,
    freeze,
    hang,
    slow,
    restart,
    drain,
    add,
    remove,
    deploy,
    standby,
    promote,
    worker,
    data,
    control,
    engineLive,
    engine,
    steadyDrill(events, seed),
  ];
}
