// Owns requests that speak of their connection: Upgrade, fields named in Connection, expectations. What is said to one hop must
// neither take framing away from the next nor open a tunnel to it.
import {
  type AmbiguousRequest,
  CHUNKED,
  either,
  forwarded,
  get,
  got,
  HELLO,
  HOST,
  type Meaning,
  post,
  posted,
  refused,
} from './ambiguous-request.js';

const NAMED = [
  '9110, 7.6.1',
  'what Connection names ends here, but framing and Host are not given away by it',
] as const;
const UPGRADE = ['9110, 7.8', 'Upgrade may be ignored; it must not be passed on without being meant'] as const;
const H2C = ['9113, 3.1', 'HTTP/2 in clear text is begun with prior knowledge only'] as const;
const SOCKET = ['6455, 4.1', 'nothing follows a handshake before its answer'] as const;
const EXPECT = ['9110, 10.1.1', 'unknown expectations are answered with 417'] as const;

const settings = 'HTTP2-Settings: AAMAAABkAAQAAP__\r\n';
const websocket = `Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n`;
const put: Meaning = { method: 'PUT', target: '/', host: 'a.example', body: 'hello' };

export const AMBIGUOUS_CONNECTIONS: readonly AmbiguousRequest[] = [
  either(NAMED, 'Connection names Host', get('Connection: Host\r\n'), got()),
  either(
    NAMED,
    'Connection names Content-Length',
    post('Connection: Content-Length\r\nContent-Length: 5\r\n', 'hello'),
    posted(),
  ),
  either(
    NAMED,
    'Connection names Transfer-Encoding',
    post(`Connection: Transfer-Encoding\r\n${CHUNKED}`, HELLO),
    posted(),
  ),
  either(
    NAMED,
    'Connection names all three, in odd case and with empty elements',
    post(`Connection: ,HOST,, content-LENGTH ,transfer-encoding\r\n${CHUNKED}`, HELLO),
    posted(),
  ),
  either(
    NAMED,
    'Proxy-Connection names Content-Length',
    post('Proxy-Connection: Content-Length\r\nContent-Length: 5\r\n', 'hello'),
    posted(),
  ),
  either(NAMED, 'Connection names Connection', get('Connection: Connection\r\n'), got()),
  either(NAMED, 'Connection names Upgrade, and there is none', get('Connection: Upgrade\r\n'), got()),
  either(
    NAMED,
    'Connection names X-Forwarded-For',
    get('Connection: X-Forwarded-For\r\nX-Forwarded-For: 192.0.2.1\r\n'),
    got(),
  ),
  either(NAMED, 'Connection holds what is no token', get('Connection: "Host", \x80\r\n'), got()),
  either(NAMED, 'Connection says keep-alive twice', get('Connection: keep-alive\r\nConnection: keep-alive\r\n'), got()),
  either(UPGRADE, 'Upgrade that Connection does not name', get('Upgrade: websocket\r\n'), got()),
  either(UPGRADE, 'Upgrade to HTTP/2 with TLS', get('Connection: Upgrade\r\nUpgrade: h2\r\n'), got()),
  either(UPGRADE, 'Upgrade to TLS', get('Connection: Upgrade\r\nUpgrade: TLS/1.2\r\n'), got()),
  either(
    UPGRADE,
    'Upgrade with a length',
    post('Connection: Upgrade\r\nUpgrade: x\r\nContent-Length: 5\r\n', 'hello'),
    posted(),
  ),
  either(UPGRADE, 'Upgrade with a coding', post(`Connection: Upgrade\r\nUpgrade: x\r\n${CHUNKED}`, HELLO), posted()),
  either(H2C, 'Upgrade to h2c', get(`Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n${settings}`), got()),
  either(
    H2C,
    'Upgrade to h2c with settings not named',
    get(`Connection: Upgrade\r\nUpgrade: h2c\r\n${settings}`),
    got(),
  ),
  either(H2C, 'Upgrade to h2c not named', get(`Connection: HTTP2-Settings\r\nUpgrade: h2c\r\n${settings}`), got()),
  either(
    H2C,
    'Upgrade to h2c with a body',
    post(`Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n${settings}Content-Length: 5\r\n`, 'hello'),
    posted(),
  ),
  either(H2C, 'Upgrade to h2c or a WebSocket', get(`Connection: Upgrade\r\nUpgrade: h2c, websocket\r\n`), got()),
  either(SOCKET, 'a WebSocket handshake that nobody accepts', get(`Connection: Upgrade\r\n${websocket}`), got()),
  either(
    SOCKET,
    'a WebSocket handshake of a wrong version',
    get(`Connection: Upgrade\r\n${websocket.replace('13', '7')}`),
    got(),
  ),
  either(SOCKET, 'a WebSocket handshake without a key', get('Connection: Upgrade\r\nUpgrade: websocket\r\n'), got()),
  either(
    SOCKET,
    'a WebSocket handshake with a length',
    get(`Connection: Upgrade\r\n${websocket}Content-Length: 5\r\n`) + 'hello',
    { ...got(), body: 'hello' },
  ),
  either(SOCKET, 'a WebSocket handshake with a coding', get(`Connection: Upgrade\r\n${websocket}${CHUNKED}`) + HELLO, {
    ...got(),
    body: 'hello',
  }),
  either(
    SOCKET,
    'a WebSocket handshake in HTTP/1.0',
    `GET / HTTP/1.0\r\n${HOST}Connection: Upgrade\r\n${websocket}\r\n`,
    got(),
  ),
  either(
    EXPECT,
    'an expectation, and the body at once',
    `PUT / HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello`,
    put,
  ),
  either(
    EXPECT,
    'an expectation in odd case',
    `PUT / HTTP/1.1\r\n${HOST}eXPECT: 100-Continue\r\nContent-Length: 5\r\n\r\nhello`,
    put,
  ),
  either(EXPECT, 'an expectation without a body', get('Expect: 100-continue\r\n'), got()),
  refused(EXPECT, 'an expectation that nobody knows', post('Expect: magic\r\nContent-Length: 5\r\n', 'hello')),
  either(EXPECT, 'two expectations', post('Expect: 100-continue, magic\r\nContent-Length: 5\r\n', 'hello'), posted()),
  forwarded(NAMED, 'Connection names a field that there is not', get('Connection: X-None\r\n'), got()),
];
