// Owns the question whether a Docker engine answers here, for what the test run says about it.
import { get } from 'node:http';

/** Where an engine is expected: DOCKER_HOST, else the usual socket. */
export function engineEndpoint(env) {
  return env.DOCKER_HOST || 'unix:///var/run/docker.sock';
}

/** An answer to a ping within two seconds counts, the mere presence of a socket does not. */
export function engineAnswers(env) {
  const options = pingOptions(engineEndpoint(env));
  if (!options) return Promise.resolve(false);
  return new Promise((resolve) => {
    const request = get({ ...options, path: '/_ping', timeout: 2000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}

function pingOptions(endpoint) {
  if (endpoint.startsWith('unix://')) return { socketPath: endpoint.slice('unix://'.length) };
  if (!URL.canParse(endpoint)) return undefined;
  const { hostname, port } = new URL(endpoint);
  return { host: hostname, port: port || '2375' };
}
