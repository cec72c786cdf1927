// Owns the pictures of the dashboard in docs/images: a real pool of local processes under load, to which things happen, seen by a
// real Chromium (CHROMIUM names one that is not in the usual place), in light and dark. About a minute.
//
//   npm run docs:pictures
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { chromium } from 'playwright-core';

const root = join(import.meta.dirname, '..');
const POOL = 'shop';
const SIZE = { width: 1280, height: 900 };
const CLIENTS = 4;
/** Between two requests of a client. */
const GAP_MS = 15;

const executablePath = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path));
if (executablePath === undefined) throw new Error('there is no Chromium here; CHROMIUM names one');

const state = mkdtempSync(join(tmpdir(), 'hashflow-pictures-'));
const balancer = spawn(process.execPath, [join(root, 'dist/apps/balancer/src/main.js')], {
  cwd: state,
  env: {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    ...{ RUNTIME: 'process', N: '4', POOL, STATE_DIR: state, PORT: '0', ADMIN_PORT: '0', HASHFLOW_READY: 'json' },
  },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const ended = once(balancer, 'close');
let browser;
let loading = true;
try {
  const { dataUrl, adminUrl } = await serving(balancer);
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const page = await browser.newPage({ viewport: SIZE, colorScheme: 'light' });
  await page.goto(`${adminUrl}/dashboard`);
  const agent = new http.Agent({ keepAlive: true });
  const clients = Array.from({ length: CLIENTS }, (_, client) => ask(`${dataUrl}/home`, agent, client));

  await pause(20_000);
  await change(adminUrl, 'add?wait=ready', { n: 1, hostnames: ['blue'] });
  await change(adminUrl, 'api/replicas/blue/weight', { weight: 0.5 });
  await pause(8000);
  const { replicas } = await (await fetch(`${adminUrl}/api/replicas`)).json();
  process.kill(replicas[1].instance.pid, 'SIGKILL');
  await pause(8000);
  await change(adminUrl, 'api/replicas/Server%203/drain', {});
  await page.getByLabel('Key', { exact: true }).fill('alice');
  await page.getByRole('button', { name: 'Ask' }).click();
  await pause(12_000);

  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await page.mouse.move(0, 0);
    await pause(1500);
    await page.screenshot({ path: join(root, 'docs', 'images', `dashboard-${colorScheme}.png`), fullPage: true });
  }
  loading = false;
  await Promise.all(clients);
  agent.destroy();
} finally {
  await browser?.close();
  balancer.kill('SIGINT');
  await ended;
  rmSync(state, { recursive: true, force: true });
}

/** Where it serves, as it says itself. */
async function serving(child) {
  let text = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    text += chunk;
    const line = text.split('\n').find((one) => one.startsWith('{"event":"serving"') && one.endsWith('}'));
    if (line === undefined) continue;
    return JSON.parse(line);
  }
  throw new Error(`the balancer ended before it served\n${text}`);
}

/** One client: a hot key, some warm ones and many others, now quicker, now slower. */
async function ask(url, agent, client) {
  for (let request = 0; loading; request++) {
    const key = request % 5 === 0 ? 'cart-of-ann' : request % 3 === 0 ? `warm-${request % 7}` : `${client}-${request}`;
    await new Promise((resolve) => {
      const sent = http.get(url, { agent, headers: { 'x-hash-key': key } }, (response) =>
        response.resume().on('close', resolve),
      );
      sent.on('error', resolve);
    });
    await pause(GAP_MS * (1.4 + Math.sin(Date.now() / 7000)));
  }
}

async function change(adminUrl, path, body) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${adminUrl}/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
}
