// The dashboard of a balancer with a token, in a real Chromium: who gets in, who stays in, and who is told to wait.
import type { Browser } from 'playwright-core';
import { describeWithChromium, launchChromium, openPage, type WatchedPage } from './chromium.js';
import { type Balancer, startBalancer } from './harness.js';
import { call } from './http-client.js';

const TEST_MS = 120_000;
/** What may be refused before somebody is in. */
const REFUSED = /\/api\//;

describeWithChromium('the dashboard of a balancer with a token', () => {
  const TOKEN = 'a-token-of-sixteen-or-more';
  let balancer: Balancer;
  let browser: Browser;
  let page: WatchedPage;
  beforeAll(async () => {
    const env = { RUNTIME: 'process', N: '2', ADMIN_TOKEN: TOKEN };
    [balancer, browser] = await Promise.all([startBalancer({ env }), launchChromium()]);
    page = await openPage(browser, `${balancer.adminUrl}/dashboard`);
  }, 150_000);
  afterAll(async () => {
    await browser.close();
    await balancer.stop('SIGINT');
  }, 60_000);

  it(
    'asks for it once, keeps it from scripts, stays logged in over a reload, and logs out for good',
    async () => {
      const login = page.locator('#login');
      await login.getByLabel('Token').fill('wrong-token-wrong-token');
      await login.getByRole('button', { name: 'Log in' }).click();
      await login.getByText('the token is wrong').waitFor();
      expect(await page.locator('#replicas tbody tr').count()).toBe(0);
      // A browser lets a dialog keep one Escape to itself, not two.
      for (const key of ['Escape', 'Escape', 'Escape']) await page.keyboard.press(key);
      await login.getByLabel('Token').waitFor();

      await login.getByLabel('Token').fill(TOKEN);
      await page.keyboard.press('Enter');
      await page.locator('#replicas tr[data-key="Server 2"]').waitFor();
      await page.locator('#connection.live').waitFor();
      expect(await page.evaluate('document.cookie')).toBe('');
      const [cookie] = await page.context().cookies();
      expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });

      await page.reload();
      await page.locator('#replicas tr[data-key="Server 2"]').waitFor();
      await page.getByRole('button', { name: 'Add replicas…' }).click();
      await page.locator('#dialog').getByText('% of the keys move').waitFor();
      await page.locator('#dialog').getByRole('button', { name: 'Add', exact: true }).click();
      await page.locator('#replicas tr[data-key="Server 3"]').waitFor();

      await page.getByRole('button', { name: 'Log out' }).click();
      await login.getByLabel('Token').waitFor();
      const headers = { cookie: `${cookie?.name}=${cookie?.value}` };
      expect((await call(`${balancer.adminUrl}/api/status`, { headers })).status).toBe(401);
    },
    TEST_MS,
  );

  it(
    'who guesses it is told to wait, with the field that it is about; who is in stays in',
    async () => {
      const other = await openPage(browser, `${balancer.adminUrl}/dashboard`, {}, REFUSED);
      await other.locator('#login').getByLabel('Token').fill(TOKEN);
      await other.keyboard.press('Enter');
      await other.locator('#connection.live').waitFor();

      const field = page.locator('#login').getByLabel('Token');
      const said = page.locator('#login [role=alert]');
      // The test above brought the first of ten.
      for (let times = 1; times < 10; times++) {
        await field.fill(`wrong-token-number-${times}`);
        await page.keyboard.press('Enter');
        await said.getByText('the token is wrong').waitFor();
      }
      await field.fill(TOKEN);
      await page.keyboard.press('Enter');
      await said.getByText(/^too many wrong tokens came from this address; try again in \d+ s$/).waitFor();
      expect(await field.getAttribute('aria-invalid')).toBe('true');
      expect(await field.getAttribute('aria-describedby')).toContain(await said.getAttribute('id'));

      await other.reload();
      await other.locator('#connection.live').waitFor();
      expect(await other.locator('#login').isVisible()).toBe(false);
    },
    TEST_MS,
  );
});
