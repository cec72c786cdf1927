// Owns making and updating elements: text is always text, never markup, and nodes that stay keep the focus that is in them.

const SVG = 'http://www.w3.org/2000/svg';

/** @typedef {Record<string, unknown>} Attributes functions listen, true and false set and unset */
/** @typedef {Node | string | undefined | null | false} One nothing where it is none */
/** @typedef {One | readonly One[]} Child */

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {Attributes} [attributes] @param {...Child} children
 */
export function h(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/**
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag @param {Attributes} [attributes] @param {...Child} children
 */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

/**
 * @template {HTMLElement} [E=HTMLElement]
 * @param {string} id @param {new () => E} [kind] of which the element has to be
 * @returns {E} @throws {Error} the page and its scripts do not belong together
 */
export function byId(id, kind = /** @type {new () => any} */ (HTMLElement)) {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`);
  return element;
}

/** @param {Element} parent @param {number} index from 0; negative: from the end @returns {any} the element that was made there */
export function child(parent, index) {
  return parent.children[index < 0 ? parent.children.length + index : index];
}

/** Writes only what differs, so that nothing is announced or redrawn for nothing. @param {Element} element @param {string} text */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {Element} element @param {Record<string, unknown>} attributes */
export function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === undefined || value === null) element.removeAttribute(name);
    else if (element.getAttribute(name) !== String(value === true ? '' : value))
      element.setAttribute(name, value === true ? '' : String(value));
  }
}

/**
 * Makes the children of `parent` those of `items`, in their order; a child whose key stays is kept and updated.
 * @template I
 * @template {HTMLElement | SVGElement} E
 * @param {Element} parent @param {readonly I[]} items @param {(item: I) => string} keyOf
 * @param {(item: I) => E} make @param {(element: E, item: I) => void} update
 */
export function keyed(parent, items, keyOf, make, update) {
  const children = /** @type {E[]} */ ([...parent.children]);
  const kept = new Map(children.map((kid) => [kid.dataset.key, kid]));
  items.forEach((item, index) => {
    const key = keyOf(item);
    const kid = kept.get(key) ?? make(item);
    kept.delete(key);
    kid.dataset.key = key;
    update(kid, item);
    if (parent.children[index] !== kid) parent.insertBefore(kid, parent.children[index] ?? null);
  });
  for (const kid of kept.values()) kid.remove();
}

/**
 * @template {Element} E
 * @param {E} element @param {Attributes} attributes @param {readonly Child[]} children
 */
function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, /** @type {EventListener} */ (value));
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== undefined && value !== null) element.setAttribute(name, String(value));
  }
  const all = /** @type {Child[]} */ (children.flat());
  element.append(
    .../** @type {(Node | string)[]} */ (all.filter((one) => one instanceof Node || typeof one === 'string')),
  );
  return element;
}
