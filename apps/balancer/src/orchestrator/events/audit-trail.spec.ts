// The audit log's file: it survives restarts and torn lines, is bounded, and keeps nobody from working when the disk refuses.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Logger, silentLogger } from '../../telemetry/logger.js';
import { type AuditEntry, AuditTrail } from './audit-trail.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hashflow-audit-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const entry = (path: string): AuditEntry => ({
  id: path,
  at: '2030-01-01T00:00:00.000Z',
  peer: '127.0.0.1',
  by: 'address',
  port: 'admin',
  method: 'POST',
  path,
  body: { n: 1 },
  status: 200,
  result: 'done',
  reason: null,
});
const begun = (path: string): AuditEntry => ({ ...entry(path), status: null, result: 'under-way' });
const paths = (trail: AuditTrail, limit = 100) => trail.latest(limit).map(({ path }) => path);

describe('the audit trail', () => {
  it('gives the newest first, and as many as asked for', () => {
    const trail = new AuditTrail(dir, silentLogger);
    for (const path of ['/a', '/b', '/c']) trail.append(entry(path));
    expect(trail.latest(1)).toEqual([entry('/c')]);
    expect(paths(trail)).toEqual(['/c', '/b', '/a']);
  });

  it('tells of each entry once it can be read, also when the disk refuses it', () => {
    const told: unknown[] = [];
    const onAppend = ({ path }: AuditEntry): void => void told.push([path, paths(trail)]);
    const trail = new AuditTrail(join(dir, 'file'), silentLogger, { onAppend });
    trail.append(begun('/a'));
    writeFileSync(join(dir, 'no-folder'), '');
    const refused = new AuditTrail(join(dir, 'no-folder'), silentLogger, { onAppend: ({ path }) => told.push(path) });
    refused.append(entry('/b'));
    expect(told).toEqual([['/a', ['/a']], '/b']);
  });

  it('survives the end of the process that wrote it, and is nobody else’s to read', () => {
    new AuditTrail(dir, silentLogger).append(entry('/a'));
    const next = new AuditTrail(dir, silentLogger);
    next.append(entry('/b'));
    expect(paths(next)).toEqual(['/b', '/a']);
    expect(statSync(join(dir, 'audit.jsonl')).mode & 0o777).toBe(0o600);
  });

  it('loses no other line to one that was torn by a SIGKILL', () => {
    new AuditTrail(dir, silentLogger).append(entry('/a'));
    appendFileSync(join(dir, 'audit.jsonl'), '{"at":"2030-01');
    new AuditTrail(dir, silentLogger).append(entry('/b'));
    const warnings: object[] = [];
    const log: Logger = { ...silentLogger, warn: (fields) => void warnings.push(fields) };
    expect(paths(new AuditTrail(dir, log))).toEqual(['/b', '/a']);
    expect(warnings).toMatchObject([{ lines: 1 }]);
  });

  it('tells of each call what was said last', () => {
    const trail = new AuditTrail(dir, silentLogger);
    trail.append(begun('/a'));
    trail.append(begun('/b'));
    expect(trail.latest(10)).toEqual([begun('/b'), begun('/a')]);
    trail.append(entry('/a'));
    expect(trail.latest(10)).toEqual([entry('/a'), begun('/b')]);
  });

  it('has a call that was under way when the process was killed, as unfinished, and its result where there was one', () => {
    const killed = new AuditTrail(dir, silentLogger, { rotateAt: 500 });
    for (const path of ['/a', '/b', '/c']) killed.append(begun(path));
    killed.append(entry('/b'));
    const unfinished = { status: null, result: 'unfinished', reason: expect.stringContaining('may have been done') };
    for (const next of [new AuditTrail(dir, silentLogger), new AuditTrail(dir, silentLogger)])
      expect(next.latest(10)).toEqual([
        entry('/b'),
        { ...begun('/c'), ...unfinished },
        { ...begun('/a'), ...unfinished },
      ]);
  });

  it('is bounded: two files of a certain size, and so many entries in memory', () => {
    const trail = new AuditTrail(dir, silentLogger, { rotateAt: 1000, mostEntries: 5 });
    for (let i = 0; i < 100; i++) trail.append(entry(`/${i}`));
    expect(readdirSync(dir).sort()).toEqual(['audit.1.jsonl', 'audit.jsonl']);
    for (const file of readdirSync(dir)) expect(statSync(join(dir, file)).size).toBeLessThanOrEqual(1000);
    expect(paths(trail)).toEqual(['/99', '/98', '/97', '/96', '/95']);
    expect(paths(new AuditTrail(dir, silentLogger), 6)).toEqual(['/99', '/98', '/97', '/96', '/95', '/94']);
    expect(readFileSync(join(dir, 'audit.jsonl'), 'utf8').split('\n').length).toBeGreaterThan(1);
  });

  it('goes on in memory when the disk refuses, and says so', () => {
    const errors: object[] = [];
    writeFileSync(join(dir, 'file'), '');
    const log: Logger = { ...silentLogger, error: (fields) => void errors.push(fields) };
    const trail = new AuditTrail(join(dir, 'file'), log);
    trail.append(entry('/a'));
    expect(paths(trail)).toEqual(['/a']);
    expect(errors.length).toBeGreaterThan(0);
  });
});
