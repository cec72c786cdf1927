// Owns the ring's picture: outside who owns which part of the keys, inside who gets which part of the requests now. The same
// stands in words in the table beside it. Geometry is ring-arcs.js's.
import { byId, child, keyed, setAttributes, setText, svg } from './dom.js';
import { percent, plural, rate } from './format.js';
import { colourClass } from './pool-store.js';
import { arcs, ringPiece } from './ring-arcs.js';
import { labelsOf } from './ring-labels.js';

/** @import { PoolSummary, ReplicaView, RingView } from './api-types.js' */
/** @typedef {{ inner: number, outer: number }} Radii */
/** @typedef {ReturnType<typeof arcs>[number]} Piece */

const KEYS = { inner: 78, outer: 108 };
const REQUESTS = { inner: 64, outer: 73 };

export class RingPicture {
  #keys = svg('g');
  #requests = svg('g');
  #labels = svg('g', { 'aria-hidden': 'true' });
  #middle = svg('text', { class: 'middle', y: 2 });
  #unit = svg('text', { class: 'middle-unit', y: 20 });
  #picture;
  /** @type {string | null} name of the replica to which a key that was asked for goes */
  #chosen = null;

  /** @param {import('./pool-store.js').PoolStore} store @param {import('./traffic-history.js').TrafficHistory} history */
  constructor(store, history) {
    this.store = store;
    this.history = history;
    this.#picture = svg(
      'svg',
      { class: 'ring', viewBox: '-180 -142 360 284', role: 'img' },
      svg('path', { class: 'track', d: ringPiece(0, 2 * Math.PI, REQUESTS.inner, REQUESTS.outer) }),
      this.#keys,
      this.#requests,
      this.#labels,
      this.#middle,
      this.#unit,
    );
    byId('ring').append(this.#picture);
  }

  /** @param {string | null} name the one that stands out; null: none does */
  choose(name) {
    this.#chosen = name;
    this.draw();
  }

  draw() {
    const { replicas, status, ring } = this.store;
    const now = this.history.latest(this.history.knownAt(Date.now()));
    const owned = arcs(replicas.map(({ name, share }) => ({ name, part: share })));
    this.#pieces(this.#keys, owned, KEYS, ({ name }) => this.#look(name));
    const served = replicas.map(({ name }) => ({ name, part: now.byReplica.get(name) ?? 0 }));
    this.#pieces(this.#requests, now.total > 0 ? arcs(served) : [], REQUESTS, () => '');
    this.#names(owned);
    setText(this.#middle, rate(now.total));
    setText(this.#unit, 'requests/s');
    setAttributes(this.#picture, { 'aria-label': describe(replicas) });
    if (status && ring) setText(byId('ring-facts'), facts(status, ring));
  }

  /** @param {string} name */
  #look(name) {
    const serves = this.store.replica(name)?.state === 'ready';
    return `${serves ? '' : 'out'} ${this.#chosen !== null && this.#chosen !== name ? 'others' : ''}`.trim();
  }

  /** @param {SVGGElement} group @param {readonly Piece[]} pieces @param {Radii} radii @param {(piece: Piece) => string} look */
  #pieces(group, pieces, { inner, outer }, look) {
    keyed(
      group,
      pieces,
      ({ name }) => name,
      () => svg('path', {}, svg('title')),
      (path, piece) => {
        const colour = colourClass(this.store.colourOf(piece.name));
        setAttributes(path, {
          d: ringPiece(piece.from, piece.to, inner, outer),
          class: `own-fill ${colour} ${look(piece)}`,
        });
        setText(
          child(path, 0),
          `${piece.name}: ${outer === KEYS.outer ? `${percent(piece.part)} of the keys` : `${rate(piece.part)} requests per second`}`,
        );
      },
    );
  }

  /** @param {readonly Piece[]} pieces */
  #names(pieces) {
    keyed(
      this.#labels,
      labelsOf(pieces),
      ({ name }) => name,
      () => svg('text', {}, svg('tspan'), svg('tspan', { class: 'label-share', dy: '1.15em' })),
      (label, { text, part, x, y, anchor }) => {
        const at = x.toFixed(1);
        setAttributes(label, { x: at, y: y.toFixed(1), 'text-anchor': anchor });
        setText(child(label, 0), text);
        setText(child(label, 1), percent(part));
        setAttributes(child(label, 1), { x: at });
      },
    );
  }
}

/** @param {PoolSummary} status @param {RingView} ring */
function facts({ algorithm, epoch, standby }, { keys, slots }) {
  const links = keys.map(({ link }) => link).join(', then ');
  return [
    `${algorithm}${slots === null ? '' : ` over ${slots} slots`}`,
    `keys from ${links}`,
    `routing table ${epoch}`,
    standby.wanted > 0 ? `${standby.ready} of ${standby.wanted} standing by` : undefined,
  ]
    .filter((fact) => fact !== undefined)
    .join(' · ');
}

/** @param {readonly ReplicaView[]} replicas */
function describe(replicas) {
  const shares = replicas.map(
    ({ name, share, state }) => `${name} ${percent(share)}${state === 'ready' ? '' : `, ${state}`}`,
  );
  return `The ring: ${plural(replicas.length, 'replica')}. ${shares.join('; ')}.`;
}
