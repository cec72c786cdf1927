// Owns the few questions that the end-to-end suites ask the Docker engine behind the balancer's back, over its plain API.
import http from 'node:http';

const endpoint = new URL(process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock');

/** Ids of every container of the pool, running or not. */
export async function containersOf(pool: string): Promise<string[]> {
  const all = (await ask('GET', '/containers/json?all=1')) as {
    Id: string;
    Names: string[];
    Labels: Record<string, string>;
  }[];
  return all.filter((container) => Object.values(container.Labels).includes(pool)).map(({ Id }) => Id);
}

export async function networksOf(pool: string): Promise<string[]> {
  const all = (await ask('GET', '/networks')) as { Name: string; Labels: Record<string, string> | null }[];
  return all.filter((network) => Object.values(network.Labels ?? {}).includes(pool)).map(({ Name }) => Name);
}

/** As `docker kill` does. */
export async function killContainer(id: string): Promise<void> {
  await ask('POST', `/containers/${id}/kill`);
}

/** As `docker pause` does. */
export async function pauseContainer(id: string): Promise<void> {
  await ask('POST', `/containers/${id}/pause`);
}

function ask(method: string, path: string): Promise<unknown> {
  const where =
    endpoint.protocol === 'unix:'
      ? { socketPath: endpoint.pathname }
      : { host: endpoint.hostname, port: Number(endpoint.port) };
  return new Promise((resolve, reject) => {
    const request = http.request({ ...where, method, path, timeout: 30_000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        if ((response.statusCode ?? 500) < 300) resolve(text === '' ? undefined : JSON.parse(text));
        else reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
      });
    });
    request.on('timeout', () => request.destroy(new Error('the engine does not answer')));
    request.on('error', reject);
    request.end();
  });
}
