// A replica for the suites: GET /slow?ms=N answers after N milliseconds, everything else at once. With STUBBORN=1 it
// ignores SIGTERM. A SIGINT, which no balancer sends, kills it as any program.
import { createServer } from 'node:http';

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://replica');
  const ms = pathname === '/slow' ? Number(searchParams.get('ms')) : 0;
  setTimeout(() => response.end(JSON.stringify({ message: `done after ${ms} ms` })), ms);
});
server.listen(Number(process.env.PORT), process.env.HOST);

process.on('SIGTERM', () => {
  if (process.env.STUBBORN !== '1') server.close(() => process.exit(0));
});
