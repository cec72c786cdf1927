// The dashboard's files over HTTP: which are served, to whom, and what a browser may do with them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import { adminRig, type AdminRig } from '../admin/testing/admin-rig.js';
import { DashboardModule } from './dashboard.module.js';

const PAGE = join(import.meta.dirname, 'page');
const FILES = readdirSync(PAGE).filter((name) => /\.(js|css|svg)$/.test(name));

let rig: AdminRig;
beforeAll(async () => {
  rig = await adminRig({ ADMIN_TOKEN: 'a-token-of-sixteen-or-more' }, [DashboardModule]);
});
afterAll(() => rig.close());

it('the page is there without the token, which is typed in there; its data is not', async () => {
  const { text, headers } = await request(rig.url).get('/dashboard').expect(200);
  expect(headers['content-type']).toBe('text/html; charset=utf-8');
  expect(text).toContain('<main');
  await request(rig.url).get('/api/replicas').expect(401);
});

it('a browser runs no script of elsewhere, none in the page, and makes no markup of text', async () => {
  for (const path of ['/dashboard', '/dashboard/main.js']) {
    const { headers } = await request(rig.url).get(path);
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; " +
        "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    );
    expect(headers['x-content-type-options']).toBe('nosniff');
  }
});

it('every file that the page and its scripts ask for is served, and nothing comes from elsewhere', async () => {
  const sources = [...FILES, 'index.html']
    .map((name) => readFileSync(join(PAGE, name), 'utf8').replace(/\/\*\*.*?\*\//gs, '')) // types are for tsc only
    .join('\n');
  const asked = [
    ...[...sources.matchAll(/(?:src|href)="dashboard\/([^"]+)"/g)].map(([, name]) => name),
    ...[...sources.matchAll(/from '\.\/([^']+)'/g)].map(([, name]) => name),
  ];
  expect(asked.length).toBeGreaterThan(20);
  for (const name of new Set(asked)) await request(rig.url).get(`/dashboard/${name}`).expect(200);
  expect(sources.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:\/\//);
});

it.each([...FILES, 'uplot.js', 'uplot.css'])(
  '%s comes with its type, and is not sent again to who has it',
  async (name) => {
    const { headers } = await request(rig.url).get(`/dashboard/${name}`).expect(200);
    expect(headers['content-type']).toMatch(/^(text\/(javascript|css)|image\/svg\+xml); charset=utf-8$/);
    expect(headers['cache-control']).toBe('no-cache');
    const again = await request(rig.url).get(`/dashboard/${name}`).set('If-None-Match', headers.etag);
    expect([again.status, again.text]).toEqual([304, '']);
  },
);

it.each([
  '/dashboard/',
  '/dashboard/index.html',
  '/dashboard/nothing.js',
  '/dashboard/..%2fpage-files.ts',
  '/dashboard/%2e%2e%2f%2e%2e%2fmain.ts',
  '/dashboard/__proto__',
  '/dashboard/format.spec.mjs',
  '/dashboard/api-types.d.ts',
  '/dashboard/tsconfig.json',
])('%s does not exist', async (path) => {
  const { body } = await request(rig.url).get(path);
  expect(body).toMatchObject({ status: 'failure', message: expect.stringContaining('does not exist') });
});

it('takes nothing but GET and HEAD', async () => {
  await request(rig.url).head('/dashboard').expect(200);
  await request(rig.url).post('/dashboard').set('Authorization', 'Bearer a-token-of-sixteen-or-more').expect(405);
});
