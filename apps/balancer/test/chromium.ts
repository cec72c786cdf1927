// Owns a real browser for the end-to-end suites: the Chromium of this machine, if it has one, and what a page complained about.
// Suites that need it are skipped, and counted as skipped, where there is none (CHROMIUM names one that is elsewhere).
import { existsSync } from 'node:fs';
import { describe } from '@jest/globals';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const executablePath = [process.env.CHROMIUM, ...PLACES].find((path) => path !== undefined && existsSync(path));

/** The machine is shared with whatever else is tested: nothing may depend on its being quick. */
export const PATIENCE_MS = 30_000;

export function describeWithChromium(what: string, suite: () => void): void {
  if (executablePath === undefined) describe.skip(`${what} (no Chromium on this machine)`, suite);
  else describe(what, suite);
}

/** Chromium cuts its connections when a network of the machine comes or goes, as those of containers in other suites do. */
const NETWORK_CHANGED = 'net::ERR_NETWORK_CHANGED';

/** Without the sandbox, which needs rights that a container does not have; it sees our own page only. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

export interface WatchedPage extends Page {
  /** Errors that the page or its console had, refusals by its content policy among them, and what it asked of another origin. */
  readonly complaints: string[];
}

/** @param expected what may be refused: there may be no deploy yet, and no such change */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
  expected = /\/api\/(deploy|preview)$/,
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1360, height: 1000 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() !== 'error' || message.text().includes(NETWORK_CHANGED)) return;
    if (!expected.test(message.location().url)) complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) complaints.push(`it asked for ${request.url()}`);
  });
  for (let cut = true; cut;) {
    cut = false;
    await page.goto(url).catch((error: Error) => {
      if (!error.message.includes(NETWORK_CHANGED)) throw error;
      cut = true;
    });
  }
  return Object.assign(page, { complaints });
}
