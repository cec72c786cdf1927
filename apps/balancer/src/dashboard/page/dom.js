// Owns making and updating elements: text is always text, never markup, and nodes that stay keep the focus that is in them.

const SVG = 'http://www.w3.org/2000/svg';

/** @param {string} tag @param {Record<string, unknown>} attributes functions listen, true and false set and unset */
export function h(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

export function byId(id) {
  return document.getElementById(id);
}

/** Writes only what differs, so that nothing is announced or redrawn for nothing. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === undefined || value === null) element.removeAttribute(name);
    else if (element.getAttribute(name) !== String(value === true ? '' : value))
      element.setAttribute(name, value === true ? '' : String(value));
  }
}

/**
 * Makes the children of `parent` those of `items`, in their order; a child whose key stays is kept and updated.
 * @param {(item: object) => string} keyOf @param {() => Element} make @param {(element: Element, item: object) => void} update
 */
export function keyed(parent, items, keyOf, make, update) {
  const kept = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  items.forEach((item, index) => {
    const key = keyOf(item);
    const child = kept.get(key) ?? make(item);
    kept.delete(key);
    child.dataset.key = key;
    update(child, item);
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  });
  for (const child of kept.values()) child.remove();
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== undefined && value !== null) element.setAttribute(name, String(value));
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}
