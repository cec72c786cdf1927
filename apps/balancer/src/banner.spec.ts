import { servingJson, servingText, startProgress, urlOf, type Serving } from './banner.js';
import type { ReplicaState, ReplicaView } from './orchestrator/views/replica-view.js';

const serving: Serving = {
  dataUrl: 'http://127.0.0.1:5000',
  adminUrl: 'http://127.0.0.1:5001',
  pool: 'hashflow',
  runtime: 'process',
  runtimeReason: 'RUNTIME=auto: no engine answers',
  replicas: ['Server 1', 'blue'],
  pid: 1,
  dataPid: 2,
  seedRoutes: true,
};

const view = (name: string, state: ReplicaState, reason: string | null = null): ReplicaView => ({
  name,
  state,
  reason,
  since: '2026-01-01T00:00:00.000Z',
  instance: null,
  restarts: 0,
  wanted: 'serving',
  checks: { probe: null, conduct: null },
  lastExit: null,
  inFlight: 0,
  weight: 1,
  ramp: null,
  share: 0.5,
});

describe('the words of a start', () => {
  it('name every address, the runtime with its reason, the replicas and a curl that works', () => {
    const text = servingText(serving);
    for (const part of [
      'http://127.0.0.1:5000/home',
      'http://127.0.0.1:5001/dashboard',
      'http://127.0.0.1:5001/docs',
      serving.runtimeReason,
      'Server 1, blue',
    ])
      expect(text).toContain(part);
    expect(text).toContain('curl http://127.0.0.1:5000/rep');
  });

  it('send the operator to the admin port where the data port does not answer /rep', () => {
    expect(servingText({ ...serving, seedRoutes: false })).toContain('curl http://127.0.0.1:5001/rep');
  });

  it('are one line of JSON for programs', () => {
    expect(JSON.parse(servingJson(serving))).toEqual({ event: 'serving', ...serving });
    expect(servingJson(serving)).not.toContain('\n');
  });

  it.each([
    ['127.0.0.1', 'http://127.0.0.1:80'],
    ['0.0.0.0', 'http://127.0.0.1:80'],
    ['::', 'http://[::1]:80'],
    ['::1', 'http://[::1]:80'],
    ['192.0.2.1', 'http://192.0.2.1:80'],
  ])('show %s as an address that can be dialled', (host, url) => expect(urlOf({ host, port: 80 })).toBe(url));

  it('tell each replica that has come up once, and why the others have not only when it takes long', () => {
    const lines: string[] = [];
    const tell = startProgress((line) => lines.push(line));
    const starting = view('b', 'starting', 'its probe fails');
    tell([view('a', 'starting'), starting], 0);
    tell([view('a', 'starting'), starting], 10);
    tell([view('a', 'ready'), starting], 500);
    tell([view('a', 'ready'), starting], 3499);
    tell([view('a', 'ready'), starting], 3500);
    tell([view('a', 'ready'), view('b', 'ready')], 3600);
    expect(lines).toEqual([
      'Replicas: 0 of 2 ready',
      'Replicas: 1 of 2 ready',
      'Replicas: 1 of 2 ready (b: starting, its probe fails)',
      'Replicas: 2 of 2 ready',
    ]);
  });
});
