// Owns what the end-to-end suites ask of the Docker engine, and do there, behind the balancer's back, over its plain API.
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
export async function killContainer(id: string, signal = 'SIGKILL'): Promise<void> {
  await ask('POST', `/containers/${id}/kill?signal=${signal}`);
}

/** As `docker pause` does. */
export async function pauseContainer(id: string): Promise<void> {
  await ask('POST', `/containers/${id}/pause`);
}

export async function unpauseContainer(id: string): Promise<void> {
  await ask('POST', `/containers/${id}/unpause`);
}

export async function stopContainer(id: string): Promise<void> {
  await ask('POST', `/containers/${id}/stop?t=10`);
}

export async function restartContainer(id: string): Promise<void> {
  await ask('POST', `/containers/${id}/restart?t=1`);
}

/** As `docker rm -f` does. */
export async function removeContainer(id: string): Promise<void> {
  await ask('DELETE', `/containers/${id}?force=1`);
}

export async function renameContainer(id: string, name: string): Promise<void> {
  await ask('POST', `/containers/${id}/rename?name=${encodeURIComponent(name)}`);
}

/** As `docker update --memory` does. */
export async function limitMemory(id: string, bytes: number): Promise<void> {
  await ask('POST', `/containers/${id}/update`, { Memory: bytes, MemorySwap: bytes });
}

export async function disconnectContainer(id: string, network: string): Promise<void> {
  await ask('POST', `/networks/${network}/disconnect`, { Container: id, Force: true });
}

/** Id of the image that a container was made of. */
export async function imageOf(id: string): Promise<string> {
  return ((await ask('GET', `/containers/${id}/json`)) as { Image: string }).Image;
}

export async function imageIds(): Promise<string[]> {
  return ((await ask('GET', '/images/json')) as { Id: string }[]).map(({ Id }) => Id);
}

/** As `docker tag` does. @param reference name:tag */
export async function tagImage(id: string, reference: string): Promise<void> {
  const [repo, tag] = reference.split(':');
  await ask('POST', `/images/${id}/tag?repo=${repo}&tag=${tag}`);
}

function ask(method: string, path: string, body?: object): Promise<unknown> {
  const where =
    endpoint.protocol === 'unix:'
      ? { socketPath: endpoint.pathname }
      : { host: endpoint.hostname, port: Number(endpoint.port) };
  return new Promise((resolve, reject) => {
    const headers = body && { 'content-type': 'application/json' };
    const request = http.request({ ...where, method, path, headers, timeout: 30_000 }, (response) => {
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
    request.end(body && JSON.stringify(body));
  });
}
