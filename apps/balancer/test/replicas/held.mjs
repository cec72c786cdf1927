// A replica for the suites: GET /held is answered once somebody has asked for POST /release, past the balancer; GET /holds tells how
// many wait for that; everything else is answered at once. With STUBBORN=1 it ignores SIGTERM. A SIGINT, which no balancer sends, kills it as any program.
import { createServer } from 'node:http';

const held = new Set();
let released = false;

const server = createServer((request, response) => {
  const answer = () => response.end(JSON.stringify({ message: 'done' }));
  if (request.url === '/release') {
    released = true;
    for (const one of held) one();
  }
  if (request.url === '/holds') response.end(String(held.size));
  else if (request.url !== '/held' || released) answer();
  else held.add(answer);
});
server.listen(Number(process.env.PORT), process.env.HOST);

process.on('SIGTERM', () => {
  if (process.env.STUBBORN !== '1') server.close(() => process.exit(0));
});
