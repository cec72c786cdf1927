// Owns what the page knows of the pool: what was read last, and reading it anew after each event, once however many came. Nothing
// is asked for while nothing happens.
import { ask } from './api.js';
import { EVENT_TYPES } from './event-words.js';
import { Rereading } from './rereading.js';

/** @import { PoolEvent, PoolSummary, ReplicaView, RingView } from './api-types.js' */

const MOST_EVENTS = 200;

export class PoolStore extends EventTarget {
  /** @type {PoolSummary | null} null: not read yet */
  status = null;
  /** @type {readonly ReplicaView[]} in /rep order */
  replicas = [];
  /** @type {RingView | null} */
  ring = null;
  /** @type {PoolEvent[]} newest first */
  events = [];
  /** @type {string | null} id of the last event that was seen; null: none yet */
  position = null;
  #reading = new Rereading(() => this.#readOnce());
  /** @type {Map<string, number>} */
  #colours = new Map();

  /** Reads everything, and where the events stand. @throws {Refusal} */
  async load() {
    /** @type {{ events: PoolEvent[], position: string }} */
    const { events, position } = await ask(`api/events?format=json&limit=${MOST_EVENTS}&types=${EVENT_TYPES.join()}`);
    this.events = events.reverse();
    this.position = position;
    await this.read();
    this.#tell('events');
  }

  /** One event came. @param {PoolEvent} event */
  take(event) {
    this.position = event.id;
    if (this.events.some(({ id }) => id === event.id)) return;
    this.events = [event, ...this.events].slice(0, MOST_EVENTS);
    this.#tell('events');
    this.readSoon();
  }

  readSoon() {
    this.#reading.soon();
  }

  /** @throws {Refusal} */
  read() {
    return this.#reading.now();
  }

  names() {
    return this.replicas.map(({ name }) => name);
  }

  /** @param {string} name */
  replica(name) {
    return this.replicas.find((replica) => replica.name === name);
  }

  /** A replica keeps its colour while it lives; a new one takes the first that is free. @param {string} name */
  colourOf(name) {
    return this.#colours.get(name) ?? -1;
  }

  async #readOnce() {
    const [status, { replicas }, ring] = await Promise.all([ask('api/status'), ask('api/replicas'), ask('api/ring')]);
    Object.assign(this, { status, replicas, ring });
    this.#paint();
    this.#tell('pool');
  }

  #paint() {
    const names = this.names();
    for (const name of this.#colours.keys()) if (!names.includes(name)) this.#colours.delete(name);
    const taken = new Set(this.#colours.values());
    for (const name of names) {
      if (this.#colours.has(name)) continue;
      let colour = 0;
      while (taken.has(colour)) colour++;
      taken.add(colour);
      this.#colours.set(name, colour);
    }
  }

  /** @param {'pool' | 'events'} type */
  #tell(type) {
    this.dispatchEvent(new Event(type));
  }
}

/** The class of a replica's colour; there are eight, then they come again. @param {number} colour */
export function colourClass(colour) {
  return colour < 0 ? '' : `c${colour % 8}`;
}
