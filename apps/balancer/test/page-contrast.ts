// Owns measuring a page's contrasts in the browser, as WCAG 2 defines them: which texts are too close to what is behind them.

import type { Page } from 'playwright-core';

const PATIENCE_MS = 5000;

/** What cannot be read, with its ratio; charts follow another choice of colours a moment later, so some patience is had. */
export async function lowContrasts(page: Page): Promise<string[]> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const low = await page.evaluate<string[]>(measured);
    if (low.length === 0 || performance.now() > end) return low;
    await page.waitForTimeout(50);
  }
}

/**
 * Texts below 4.5:1 with their ratio, as they are seen through the opacity of all that they stand in. Of a
 * canvas the text of its axes: that has the strongest colour at its left edge. Text in the hidden parts of the page is left out,
 * as is what cannot be used.
 */
const measured = `(() => {
  const parse = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const luminance = ([r, g, b]) =>
    [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4))
      .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const upwards = function* (element) {
    for (let at = element; at; at = at.parentElement) yield getComputedStyle(at);
  };
  const groundOf = (element) => {
    for (const { backgroundColor } of upwards(element)) {
      const colour = parse(backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const opacityOf = (element) => [...upwards(element)].reduce((product, { opacity }) => product * Number(opacity), 1);
  const ratioOf = (element, [r, g, b], own = 1) => {
    const ground = groundOf(element);
    const opacity = opacityOf(element) * own;
    const seen = [r, g, b].map((c, i) => c * opacity + ground[i] * (1 - opacity));
    const [a, z] = [luminance(seen), luminance(ground)];
    return (Math.max(a, z) + 0.05) / (Math.min(a, z) + 0.05);
  };
  const low = [];
  const note = (what, ratio) => ratio < 4.5 && low.push(what + ' ' + ratio.toFixed(2));
  for (const element of document.querySelectorAll('body *:not(script):not(title):not(:disabled)')) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join('');
    if (text === '' || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    note(text.slice(0, 40), ratioOf(element, parse(element instanceof SVGElement ? style.fill : style.color)));
  }
  for (const canvas of document.querySelectorAll('canvas')) {
    if (!canvas.checkVisibility() || canvas.width === 0) continue;
    const { data } = canvas.getContext('2d').getImageData(0, 0, 40 * devicePixelRatio, canvas.height);
    let best = 1;
    for (let i = 0; i < data.length; i += 4)
      if (data[i + 3] > 0) best = Math.max(best, ratioOf(canvas, data.slice(i, i + 3), data[i + 3] / 255));
    note('the axis of ' + canvas.closest('[id]').id, best);
  }
  return low;
})()`;
