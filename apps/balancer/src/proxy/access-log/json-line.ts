// Owns the access log as JSON: one line per request by the conventions of pino and pino-http, put together by hand because
// the shape is known and this runs once per request. Pure. Fields: docs/observability.md.
import { SILENT_ENDS } from '../answers/causes.js';
import type { Trace } from '../message/trace-context.js';
import { type AccessEntry, phasesOf, shortened } from './access-entry.js';
import type { TargetMask } from './masked-target.js';

/** @param time milliseconds since 1970 @param ended monotonic milliseconds */
export function jsonLine(entry: AccessEntry, mask: TargetMask, time: number, ended: number): string {
  const { facts, cause } = entry;
  const { queue, wait, connect, firstByte, total } = phasesOf(entry, ended);
  const responseTime = ms(total);
  const whole = cause === undefined || !(cause in SILENT_ENDS);
  let line = `{"level":30,"time":"${isoTime(time)}","role":"data","msg":"request ${whole ? 'completed' : 'aborted'}"`;
  line += `,"req":{"method":${quoted(facts.method)},"url":${quoted(facts.target && mask(shortened(facts.target)))}`;
  line += member('id', facts.requestId) + member('host', facts.host) + member('httpVersion', facts.httpVersion);
  line += member('remoteAddress', facts.peer);
  if (facts.peerPort !== undefined) line += `,"remotePort":${facts.peerPort}`;
  line += member('client', facts.client) + member('userAgent', facts.userAgent);
  line += member('referer', facts.referer && mask(shortened(facts.referer)));
  line += `,"bytes":${entry.received}},"res":{"statusCode":${entry.status},"bytes":${entry.sent}}`;
  line += `,"responseTime":${responseTime},"phases":{`;
  if (queue !== undefined) line += `"queue":${ms(queue)},`;
  if (wait !== undefined) line += `"wait":${ms(wait)},`;
  if (connect !== undefined) line += `"connect":${ms(connect)},`;
  if (firstByte !== undefined) line += `"firstByte":${ms(firstByte)},`;
  line += `"total":${responseTime}},"attempts":${entry.attempts}`;
  line += member('replica', entry.replica) + member('keyLink', entry.keyLink) + member('cause', cause);
  if (entry.trace) line += traceMembers(entry.trace);
  return `${line}}\n`;
}

/** Named as OpenTelemetry names them in logs, so that log and trace find each other. */
function traceMembers({ traceId, spanId, parentId, sampled }: Trace): string {
  const parent = parentId === undefined ? '' : `,"parent_span_id":"${parentId}"`;
  return `,"trace_id":"${traceId}","span_id":"${spanId}"${parent},"trace_flags":"${sampled ? '01' : '00'}"`;
}

let second = -1;
let secondText = '';

/** As toISOString, which would be the most expensive part of a line: most lines share their second with the one before. */
function isoTime(time: number): string {
  const whole = Math.floor(time / 1000);
  if (whole !== second) {
    second = whole;
    secondText = new Date(whole * 1000).toISOString().slice(0, -4);
  }
  return `${secondText}${String(time - whole * 1000).padStart(3, '0')}Z`;
}

function member(name: string, value: string | undefined): string {
  return value === undefined ? '' : `,"${name}":${quoted(shortened(value))}`;
}

function quoted(value: string | undefined): string {
  return value === undefined ? 'null' : JSON.stringify(value);
}

/** To the microsecond. By whole numbers: to write a fraction out as one takes several times as long. */
function ms(value: number): string {
  const micros = Math.max(0, Math.round(value * 1000));
  const whole = Math.floor(micros / 1000);
  const rest = micros - whole * 1000;
  return `${whole}.${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}`;
}
