// Owns the settings of what the balancer tells about itself: its own log, the access log, traces and hot keys. Part of
// definitions.ts.
import { define, oneOf, text } from './define.js';
import { flag, list, percent } from './units.js';

export const sightDefinitions = {
  logLevel: define(
    'LOG_LEVEL',
    'sight',
    'info',
    'least level that is logged',
    oneOf(['trace', 'debug', 'info', 'warn', 'error', 'silent']),
  ),
  accessLog: define(
    'ACCESS_LOG',
    'sight',
    'off',
    'a line per request of the data port: off, all, or sample (a part of them, by chance)',
    oneOf(['off', 'sample', 'all']),
  ),
  accessLogSample: define(
    'ACCESS_LOG_SAMPLE',
    'sight',
    '1%',
    'part of the requests that ACCESS_LOG=sample logs',
    percent({ above: 0 }),
  ),
  accessLogFormat: define(
    'ACCESS_LOG_FORMAT',
    'sight',
    'json',
    'json, or combined as Apache and nginx write it',
    oneOf(['json', 'combined']),
  ),
  accessLogFile: define(
    'ACCESS_LOG_FILE',
    'sight',
    'stdout',
    'file that access log lines are appended to; stdout: that of the balancer',
    text().min(1, 'stdout or the path of a file'),
  ),
  accessLogMask: define(
    'ACCESS_LOG_MASK',
    'sight',
    'token,secret,password,passwd,credential,signature,session,apikey,auth,code,jwt,key,otp,pass,pwd,sid,sig',
    'query parameters whose values are not logged: words in their names; one of five letters or more counts within a word, too',
    list(),
  ),
  trace: define(
    'TRACE',
    'sight',
    'false',
    'take part in traces (W3C Trace Context): each request goes on with a span id of the balancer’s; false: traceparent and tracestate pass untouched',
    flag(),
  ),
  showKeys: define(
    'SHOW_KEYS',
    'sight',
    'false',
    'keep and show the text of hot keys; false: their hashes only, as keys may name people',
    flag(),
  ),
} as const;
