// The dashboard of a balancer that is gone, in a real Chromium: it says so, what it knew can still be read, and it comes back.
import type { Browser } from 'playwright-core';
import { describeWithChromium, launchChromium, openPage, PATIENCE_MS } from './chromium.js';
import { eventually, startBalancer } from './harness.js';
import { postJson } from './http-client.js';
import { lowContrasts } from './page-contrast.js';

const TEST_MS = 120_000;

describeWithChromium('the dashboard of a balancer that goes away', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  }, TEST_MS);
  afterAll(() => browser.close());

  it(
    'says so, greys what it knows, and is live again with the next one, which took the replicas over',
    async () => {
      const first = await startBalancer({ env: { RUNTIME: 'process', N: '2' } });
      const page = await openPage(browser, `${first.adminUrl}/dashboard`);
      await page.locator('#connection.live').waitFor();
      await first.kill9();
      await page.locator('#banners', { hasText: /What you see is as it was at/ }).waitFor();
      expect(await page.locator('body.stale').count()).toBe(1);
      expect(await page.title()).toMatch(/^connection lost · /);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await lowContrasts(page)).toEqual([]);
      }
      // Read out once, however often it tries: the same words stay, only the time of the next try changes.
      const banner = await page.locator('#banners p').elementHandle();
      const next = page.locator('#banners p [aria-hidden]');
      const said = await next.textContent();
      await eventually('another try', async () => ((await next.textContent()) === said ? undefined : true));
      expect(await page.evaluate((one) => one?.isConnected, banner)).toBe(true);

      const env = { RUNTIME: 'process', N: '2', ADMIN_PORT: new URL(first.adminUrl).port };
      const second = await startBalancer({ env, home: first.home });
      await page.locator('#connection.live').waitFor({ timeout: 2 * PATIENCE_MS });
      await page.locator('body.stale').waitFor({ state: 'detached' });
      await postJson(`${second.adminUrl}/add`, { n: 1, hostnames: ['after'] });
      await page.locator('#replicas tr[data-key="after"] .state', { hasText: 'ready' }).waitFor();
      await second.stop('SIGINT');
    },
    TEST_MS,
  );

  it(
    'loads again by itself when one of its scripts was cut off',
    async () => {
      const balancer = await startBalancer({ env: { RUNTIME: 'process', N: '1' } });
      const context = await browser.newContext();
      let asked = 0;
      await context.route('**/ring-picture.js', (route) =>
        asked++ === 0 ? route.abort('connectionaborted') : route.continue(),
      );
      const page = await context.newPage();
      page.setDefaultTimeout(PATIENCE_MS);
      await page.goto(`${balancer.adminUrl}/dashboard`);
      await page.locator('#connection.live').waitFor();
      expect(asked).toBe(2);
      await balancer.stop('SIGINT');
    },
    TEST_MS,
  );
});
