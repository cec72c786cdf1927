// Legal requests straight to a replica and through each lane: the same answer comes back, and the replica sees the same request,
// but for what a proxy must change. What that is stands here, in full.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type InlinePlane, startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';
import { type AnswerView, KeptClient } from './testing/answer-view.js';
import { LEGAL_BODIES } from './testing/legal-bodies.js';
import { LEGAL_HEADS } from './testing/legal-heads.js';
import type { LegalRequest } from './testing/legal-request.js';
import { type ScriptedReplica, type SeenByReplica, startScriptedReplica } from './testing/scripted-replica.js';

const LEGAL = [...LEGAL_HEADS, ...LEGAL_BODIES];

/** For one connection only, or answered by the proxy. */
const ENDS_IN_REQUESTS = new Set(
  'connection keep-alive proxy-connection te trailer upgrade transfer-encoding expect proxy-authorization'.split(' '),
);
/** Written by the proxy. */
const BEGINS_IN_REQUESTS = new Set(
  'x-forwarded-for x-forwarded-proto x-forwarded-host via x-hashflow-replica x-request-id'.split(' '),
);
const ENDS_IN_ANSWERS = new Set('connection keep-alive transfer-encoding trailer x-hop'.split(' '));
const BEGINS_IN_ANSWERS = new Set('date x-hashflow-replica x-request-id'.split(' '));

it('the set of legal requests is larger than 100 and has none twice', () => {
  expect(LEGAL.length).toBeGreaterThan(100);
  expect(new Set(LEGAL.map(({ name }) => name)).size).toBe(LEGAL.length);
});

describe.each(LANES)('the %s lane', (lane) => {
  let plane: InlinePlane;
  let replica: ScriptedReplica;
  let [straight, through]: KeptClient[] = [];
  beforeAll(async () => {
    replica = await startScriptedReplica();
    plane = await startInlinePlane({ express: lane === 'express' });
    await plane.route([{ replica: 'A', port: replica.port }]);
    [straight, through] = [new KeptClient(replica.port), new KeptClient(plane.port)];
  });
  afterAll(async () => {
    straight.end();
    through.end();
    await plane.close();
    await replica.close();
  });

  it.each(LEGAL)('passes on and answers as if it were not there: $name', async (request) => {
    replica.seen.length = 0;
    const expected = await straight.ask(request);
    const answer = await through.ask(request);

    expect(replica.seen).toHaveLength(2);
    expect(seenView(replica.seen[1], request, BEGINS_IN_REQUESTS)).toEqual(expectedView(replica.seen[0], request));
    expect(replica.seen[1].rawTrailers).toEqual(replica.seen[0].rawTrailers);
    // Of the informational answers a proxy may keep some to itself; hints it passes on.
    expect(answerView(answer)).toEqual(answerView(expected));
    expect(plane.claims.inFlight(0)).toBe(0);
  });
});

function seenView(
  { method, target, rawHeaders, body }: SeenByReplica,
  request: LegalRequest,
  added: ReadonlySet<string>,
) {
  const fields = new Map<string, string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index].toLowerCase();
    if (ENDS_IN_REQUESTS.has(name) || added.has(name) || request.named?.includes(name)) continue;
    const before = fields.get(name);
    // Lists mean the same in one line and in several; so do cookies.
    const value = rawHeaders[index + 1];
    fields.set(name, before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ', '}${value}`);
  }
  // No body is no body.
  if (fields.get('content-length') === '0') fields.delete('content-length');
  return { method, target, fields: Object.fromEntries([...fields].sort()), body };
}

function expectedView(seen: SeenByReplica, request: LegalRequest) {
  const view = seenView(seen, request, new Set());
  // Straight, HTTP/1.0 needs no Host; through a proxy it does, and any will do.
  const { becomes } = request;
  if (!becomes) return 'host' in view.fields ? view : { ...view, fields: expect.objectContaining(view.fields) };
  return { ...view, target: becomes.target, fields: { ...view.fields, host: becomes.host } };
}

function answerView({ status, informational, fields, body, trailers }: AnswerView) {
  return {
    status,
    hints: informational.filter((one) => one.startsWith('103')),
    fields: fields.filter(passesInAnswers),
    body,
    trailers,
  };
}

function passesInAnswers(field: string): boolean {
  const name = field.slice(0, field.indexOf(':'));
  return !ENDS_IN_ANSWERS.has(name) && !BEGINS_IN_ANSWERS.has(name);
}
