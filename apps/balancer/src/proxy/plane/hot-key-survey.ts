// Owns asking all lanes for their hot keys at once, and what is made of it when one does not answer. The sketches are
// routing/hot-keys.ts's.
import { type HotKeyList, type HotKeySketch, mergeHotKeys } from '../../routing/hot-keys.js';
import type { Channel } from '../../routing/link/channel.js';
import type { LaneCommand, LaneReport } from '../lane/lane-messages.js';

/** Milliseconds for a lane to answer: it may be busy, or have just died. */
const PATIENCE = 250;

interface Survey {
  readonly sketches: HotKeySketch[];
  readonly asked: number;
  readonly finish: () => void;
}

export class HotKeySurvey {
  #lastId = 0;
  readonly #open = new Map<number, Survey>();

  /** The keys of the lanes that answered in time. */
  ask(limit: number, lanes: readonly Channel<LaneCommand, LaneReport>[]): Promise<HotKeyList> {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      const sketches: HotKeySketch[] = [];
      const finish = () => {
        clearTimeout(timer);
        this.#open.delete(id);
        resolve(mergeHotKeys(sketches, limit));
      };
      const timer = setTimeout(finish, PATIENCE);
      this.#open.set(id, { sketches, asked: lanes.length, finish });
      for (const lane of lanes) lane.send({ type: 'hot-keys', id });
    });
  }

  /** Of a survey that is over: nothing happens. */
  heard(id: number, sketch: HotKeySketch): void {
    const survey = this.#open.get(id);
    if (!survey) return;
    survey.sketches.push(sketch);
    if (survey.sketches.length === survey.asked) survey.finish();
  }
}
