// Owns a page that did not load whole: a browser cuts its connections whenever a network of its machine comes or goes, and containers
// bring and take theirs. It stands before all else, and is no module, to hear of all that comes after it.

const PAUSE_MS = 1000;

addEventListener(
  'error',
  ({ target }) => {
    // Those that happen in a script have the window as their target, and would happen again.
    if (target instanceof HTMLScriptElement || target instanceof HTMLLinkElement)
      setTimeout(() => location.reload(), PAUSE_MS);
  },
  { capture: true },
);
