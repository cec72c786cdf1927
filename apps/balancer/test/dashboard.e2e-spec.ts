// The dashboard in a real Chromium over a live balancer: what one sees, what one can do, and that all of it happens.
import type { Browser } from 'playwright-core';
import { describeWithChromium, launchChromium, openPage, type WatchedPage } from './chromium.js';
import { type Balancer, eventually, startBalancer } from './harness.js';
import { call, pidOf, postJson, replicasOf, steadyLoad } from './http-client.js';
import { lowContrasts } from './page-contrast.js';

const TEST_MS = 120_000;

/** For Page.evaluate: what one can use with a mouse; the page's dialogs are closed. */
const visibleControls = `[...document.querySelectorAll('a, button, input, select, textarea, summary, [tabindex="0"]')]
  .filter((one) => one.checkVisibility() && !one.disabled)
  .map((one) => one.getAttribute('aria-label') ?? one.textContent ?? one.id)`;
/** For Page.evaluate: what has the focus, under the same name, and what one sees of that. */
const focused = `(() => {
  const one = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(one);
  const name = one.getAttribute('aria-label') ?? one.textContent ?? one.id;
  return { name, outline: one === document.body ? 'away' : outlineStyle === 'none' ? 'none' : outlineWidth };
})()`;

describeWithChromium('the dashboard', () => {
  let balancer: Balancer;
  let browser: Browser;
  let page: WatchedPage;
  beforeAll(async () => {
    [balancer, browser] = await Promise.all([startBalancer({ env: { RUNTIME: 'process', N: '3' } }), launchChromium()]);
    page = await openPage(browser, `${balancer.adminUrl}/dashboard`);
  }, 150_000);
  afterAll(async () => {
    await browser.close();
    await balancer.stop('SIGINT');
  }, 60_000);
  afterEach(() => expect(page.complaints.splice(0)).toEqual([]));

  const row = (name: string) => page.locator(`#replicas tr[data-key="${name}"]`);
  const event = (type: string, words: string) =>
    page.locator(`#timeline li[data-type="${type}"]`, { hasText: words }).first();
  const dialog = () => page.locator('#dialog');
  const press = (label: string) => dialog().getByRole('button', { name: label, exact: true }).click();
  const open = (name: string) => page.getByRole('button', { name: `Manage ${name}`, exact: true }).click();
  const shows = (name: string, state: string) => row(name).locator('.state', { hasText: state }).waitFor();
  const pressEnterFor = async (heading: string) => {
    await page.keyboard.press('Enter');
    await dialog().getByRole('heading', { name: heading, exact: true }).waitFor();
    expect(await page.evaluate('document.activeElement.closest("dialog")?.id')).toBe('dialog');
  };
  const manageByKeyboard = async (name: string) => {
    await page.getByRole('button', { name: `Manage ${name}`, exact: true }).focus();
    await pressEnterFor(name);
  };
  const escapeGivesBackTo = async (label: string) => {
    await page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'hidden' });
    expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).toBe(label);
  };
  const everyoneReady = () =>
    eventually('all ready', async () =>
      (await replicasOf(balancer.adminUrl)).every(({ state }) => state === 'ready') ? true : undefined,
    );

  it('shows who is there, as the balancer says it, and that it is live', async () => {
    await page.locator('#connection.live').waitFor();
    for (const { name } of await replicasOf(balancer.adminUrl)) await shows(name, 'ready');
    expect(await page.locator('#readiness').textContent()).toBe('3 of 3 replicas ready');
    expect(await page.title()).toBe(`3/3 · ${balancer.pool} · HashFlow`);
    expect(await page.locator('svg.ring').getAttribute('aria-label')).toMatch(
      /^The ring: 3 replicas\. Server 1 33\.\d %; Server 2 33\.\d %; Server 3 33\.\d %\.$/,
    );
    await event('started', '3 replicas').waitFor();
  });

  it(
    'tells what an addition would move before it is made, and then that it moved just that',
    async () => {
      await page.getByRole('button', { name: 'Add replicas…' }).click();
      await dialog().getByLabel('Names').fill('blue');
      await dialog().getByText('25.0 % of the keys move: the least possible.').waitFor();
      expect(await dialog().locator('.flows li').allTextContents()).toHaveLength(3);
      await press('Add');
      await shows('blue', 'ready');
      await event('added', 'blue joined the ring').getByText('25.0 % of the keys moved, the least possible').waitFor();
      expect((await replicasOf(balancer.adminUrl)).map(({ name }) => name)).toContain('blue');
    },
    TEST_MS,
  );

  it(
    'a name that cannot be is refused in the dialog, in the balancer’s own words, and cannot be added',
    async () => {
      await page.getByRole('button', { name: 'Add replicas…' }).click();
      await dialog().getByLabel('Names').fill('Server 1');
      await dialog().locator('.preview .refused').waitFor();
      expect(await dialog().getByRole('button', { name: 'Add', exact: true }).isDisabled()).toBe(true);
      await press('Cancel');
    },
    TEST_MS,
  );

  it(
    'a replica that is killed is seen to die, of what, and to come back under its name',
    async () => {
      const [victim] = await replicasOf(balancer.adminUrl);
      process.kill(pidOf(victim?.instance), 'SIGKILL');
      await event('death', 'Server 1 died').getByText('SIGKILL').first().waitFor();
      await row('Server 1').locator('td.restarts', { hasText: '1' }).waitFor();
      await shows('Server 1', 'ready');
      await open('Server 1');
      await dialog().locator('details summary', { hasText: 'SIGKILL' }).waitFor();
      await press('Close');
    },
    TEST_MS,
  );

  it(
    'drains a replica and puts it back into service',
    async () => {
      await everyoneReady();
      await open('Server 2');
      await press('Drain…');
      await dialog().getByText('the ring stays as it is').waitFor();
      await press('Drain');
      await shows('Server 2', 'drained');
      expect(await page.locator('#readiness').textContent()).toBe('3 of 4 replicas ready');
      await open('Server 2');
      await press('Undrain');
      await shows('Server 2', 'ready');
    },
    TEST_MS,
  );

  it(
    'gives a replica another weight, and removes one, each with a preview',
    async () => {
      await everyoneReady();
      await open('blue');
      await press('Weight…');
      await dialog().getByLabel('Weight').fill('3');
      await dialog().getByText('% of the keys move').waitFor();
      await press('Set the weight');
      await row('blue').getByText('50.0 % · weight 3').waitFor();
      await open('blue');
      await press('Remove…');
      await dialog().getByText('50.0 % of the keys move: the least possible.').waitFor();
      await press('Remove');
      await event('removed', 'blue left the ring').waitFor();
      await row('blue').waitFor({ state: 'detached' });
    },
    TEST_MS,
  );

  it(
    'the route box says what the API says, and takes no key for markup',
    async () => {
      for (const key of ['alice', '<img src=x onerror=alert(1)>&"']) {
        await page.getByLabel('Key', { exact: true }).fill(key);
        await page.getByRole('button', { name: 'Ask' }).click();
        const { json } = await call(`${balancer.adminUrl}/api/route?key=${encodeURIComponent(key)}`);
        const { candidates } = json as { candidates: { name: string }[] };
        await page.getByText(`“${key}” goes to ${candidates[0]?.name}.`).waitFor();
        expect(await page.locator('.candidates li').allTextContents()).toEqual(
          candidates.map(({ name }) => ` ${name}, ready`),
        );
      }
    },
    TEST_MS,
  );

  it(
    'deploys, showing beforehand what would change, and the course until it has ended',
    async () => {
      await page.getByRole('button', { name: 'Deploy…' }).click();
      await dialog().getByLabel('Environment').fill('SHOWN_IN=dashboard');
      await press('Check');
      await dialog().getByText('It would change env.SHOWN_IN.').waitFor();
      await press('Deploy');
      await page.locator('#deploy .state', { hasText: 'rolled-out' }).waitFor({ timeout: 90_000 });
      expect(await page.locator('#deploy .steps li').allTextContents()).toEqual([
        'Server 1: replaced',
        'Server 2: replaced',
        'Server 3: replaced',
      ]);
    },
    TEST_MS,
  );

  it(
    'counts requests while they come, says how long they took and which key is hot, and that they are over',
    async () => {
      const load = steadyLoad(`${balancer.dataUrl}/home`);
      const headers = { 'x-hash-key': 'hot' };
      await page.locator('#traffic-now', { hasText: /^[1-9].* · p50 .* ms, p99 / }).waitFor();
      await row('Server 1').locator('td.p99', { hasText: 'ms' }).waitFor();
      const { json } = await call(`${balancer.adminUrl}/api/route?key=hot`);
      const hash = (json as { hash: number }).hash.toString(16).padStart(8, '0');
      await eventually('the hot key', async () => {
        await call(`${balancer.dataUrl}/home`, { headers });
        return (await page.locator('#hot-keys td', { hasText: `#${hash}` }).count()) > 0 ? true : undefined;
      });
      await load.stop();
      await page.locator('#traffic-now', { hasText: /^0 requests/ }).waitFor();
    },
    TEST_MS,
  );

  it(
    'by keyboard alone: a dialog takes the focus, Escape gives it back to where it was',
    async () => {
      await manageByKeyboard('Server 3');
      await escapeGivesBackTo('Manage Server 3');
    },
    TEST_MS,
  );

  it(
    'by keyboard alone: everything that can be used is reached, and one sees where one is',
    async () => {
      await page.evaluate('document.activeElement.blur()');
      const usable = await page.evaluate<string[]>(visibleControls);
      expect(usable.length).toBeGreaterThan(8);
      const reached = new Set<string>();
      for (let step = 0; step < usable.length + 5; step++) {
        await page.keyboard.press('Tab');
        const { name, outline } = await page.evaluate<{ name: string; outline: string }>(focused);
        reached.add(name);
        expect(`${name}: ${outline}`).not.toMatch(/: (none|0px)/);
      }
      expect(usable.filter((name) => !reached.has(name))).toEqual([]);
    },
    TEST_MS,
  );

  it(
    'a dialog that leads to another one hands the focus on, and Escape gives it back to where the first was opened',
    async () => {
      await everyoneReady();
      await manageByKeyboard('Server 3');
      await dialog().getByRole('button', { name: 'Drain…' }).focus();
      await pressEnterFor('Drain Server 3?');
      await escapeGivesBackTo('Manage Server 3');
    },
    TEST_MS,
  );

  it(
    'by keyboard alone: Enter in a field does what the form is for, and what cannot be is said of that field',
    async () => {
      await page.getByRole('button', { name: 'Add replicas…' }).focus();
      await pressEnterFor('Add replicas');
      const many = dialog().getByLabel('How many');
      await many.fill('0');
      await dialog().getByText('How many has to be a whole number, 1 or more.').waitFor();
      expect(await many.getAttribute('aria-invalid')).toBe('true');
      expect(
        await dialog()
          .locator(`#${await many.getAttribute('aria-errormessage')}`)
          .textContent(),
      ).toMatch(/^How many/);
      await many.press('Enter');
      await many.fill('1');
      await dialog().getByText('% of the keys move').waitFor();
      expect(await many.getAttribute('aria-invalid')).toBeNull();
      await dialog().getByLabel('Names').fill('typed');
      await dialog().getByRole('button', { name: 'Add', exact: true, disabled: false }).waitFor();
      await dialog().getByLabel('Names').press('Enter');
      await shows('typed', 'ready');
      expect((await replicasOf(balancer.adminUrl)).map(({ name }) => name)).toContain('typed');
    },
    TEST_MS,
  );

  it(
    'who removes a replica does not lose their place with its row',
    async () => {
      await open('typed');
      await press('Remove…');
      await dialog().getByRole('button', { name: 'Remove', exact: true, disabled: false }).waitFor();
      await press('Remove');
      await row('typed').waitFor({ state: 'detached' });
      expect(await page.evaluate('document.activeElement.id')).toBe('replicas');
    },
    TEST_MS,
  );

  it(
    'shows who changed what, and what came of it, as it happens and in plain words; older ones when asked for',
    async () => {
      const change = (words: string) => page.locator('#changes tbody tr', { hasText: words }).first();
      await change('Remove 1 replica: typed').getByText('✓ done').waitFor();
      expect(await change('Remove 1 replica: typed').locator('td').allTextContents()).toEqual([
        expect.stringMatching(/^\d\d:\d\d:\d\d$/),
        'Remove 1 replica: typed',
        '127.0.0.1',
        '✓ done',
      ]);
      await postJson(`${balancer.dataUrl}/add`, { n: 0 });
      await change('Add 0 replicas').getByText('n must be').waitFor();
      await change('Add 0 replicas').getByText('127.0.0.1, on the data port').waitFor();
      await change('Add 0 replicas').getByText('✕ refused').waitFor();

      const older = page.getByRole('button', { name: 'Show older ones' });
      expect(await page.locator('#changes tbody tr').count()).toBe(8);
      await older.focus();
      await page.keyboard.press('Enter');
      await change('Add 1 replica: blue').waitFor();
      await older.waitFor({ state: 'hidden' });
      expect(await page.evaluate('document.activeElement.id')).toBe('changes');
      const { json } = await call(`${balancer.adminUrl}/api/audit?limit=1000`);
      expect(await page.locator('#changes tbody tr').count()).toBe((json as { entries: [] }).entries.length);
    },
    TEST_MS,
  );

  it(
    'a dialog about a replica follows what becomes of it',
    async () => {
      await open('Server 3');
      await dialog().getByRole('button', { name: 'Drain…' }).waitFor();
      await postJson(`${balancer.adminUrl}/api/replicas/Server%203/drain`, {});
      await dialog().locator('.state', { hasText: 'drained' }).waitFor();
      await press('Undrain');
      await shows('Server 3', 'ready');
    },
    TEST_MS,
  );

  it('whoever hears the page is told what each part is: nothing that can be used or looked at is without a name', async () => {
    const tree = await page.locator('body').ariaSnapshot();
    expect(tree).toMatch(/img "The ring: 3 replicas\./);
    expect(tree).toMatch(/table "Replicas"/);
    expect(tree).toMatch(/columnheader "Requests\/s"/);
    expect(tree).toMatch(/table "Who changed what"/);
    expect(tree).toMatch(/rowheader "Server 1"/);
    expect(
      tree.match(/^\s*- (button|link|textbox|spinbutton|checkbox|img|table|dialog|region)( \[.*\])?:?$/gm),
    ).toBeNull();
  });

  it(
    'can be read in light and dark (WCAG AA), by the system or by choice, and fits a narrow screen',
    async () => {
      const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
      await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
      const light = await ground();
      expect(await lowContrasts(page)).toEqual([]);
      await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
      expect(await ground()).not.toBe(light);
      expect(await lowContrasts(page)).toEqual([]);
      await page.getByRole('button', { name: 'Theme: auto' }).click();
      expect(await ground()).toBe(light);
      for (const width of [360, 768, 1920]) {
        await page.setViewportSize({ width, height: 800 });
        // The charts follow the window a moment later.
        await eventually(`everything fits ${width} px`, async () =>
          (await page.evaluate('document.documentElement.scrollWidth <= innerWidth')) === true ? true : undefined,
        );
      }
      await page.getByRole('button', { name: 'Theme: light' }).click();
      await page.getByRole('button', { name: 'Theme: dark' }).click();
    },
    TEST_MS,
  );

  it(
    'asks for nothing while nothing happens',
    async () => {
      await everyoneReady();
      await page.waitForTimeout(1500);
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      await page.waitForTimeout(3000);
      expect(asked).toEqual([]);
    },
    TEST_MS,
  );
});
