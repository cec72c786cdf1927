// A replica for the suites of health. What it does to requests and to probes is told to it directly, never through the balancer:
// POST /mood?requests=well|errors|resets|silent&probes=well|errors. GET /heartbeat is the probe; GET /seen tells how often it was
// asked for anything else. It answers with its name, and the length of the body if there was one.
import { createServer } from 'node:http';

const mood = { requests: 'well', probes: 'well' };
let seen = 0;

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://replica');
  const answer = (status, text) => response.writeHead(status).end(text);
  if (pathname === '/mood') {
    Object.assign(mood, Object.fromEntries(searchParams));
    return answer(204);
  }
  if (pathname === '/seen') return answer(200, String(seen));
  if (pathname === '/heartbeat') return answer(mood.probes === 'well' ? 200 : 500, 'all is well');
  seen++;
  if (mood.requests === 'silent') return;
  if (mood.requests === 'resets') return request.socket.resetAndDestroy();
  let length = 0;
  request.on('data', (chunk) => (length += chunk.length));
  request.on('end', () =>
    answer(
      mood.requests === 'errors' ? 500 : 200,
      length > 0 ? `${process.env.SERVER_ID} ${length}` : process.env.SERVER_ID,
    ),
  );
});
server.listen(Number(process.env.PORT), process.env.HOST);
process.on('SIGTERM', () => process.exit(0));
