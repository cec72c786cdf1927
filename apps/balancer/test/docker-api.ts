// Owns what the end-to-end suites ask of the Docker engine, and do there, behind the balancer's back, over its plain API.
import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pack } from 'tar-stream';

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

/** As `docker build` does: an image on a base that has node, with a program of its own. @returns its id */
export async function buildImage(reference: string, base: string, program: string): Promise<string> {
  const context = pack();
  // The labels of the base are its pool's; this image is nobody's.
  const labels = 'LABEL io.hashflow.image.pool="" io.hashflow.image=""';
  context.entry({ name: 'Dockerfile' }, `FROM ${base}\n${labels}\nCOPY program.cjs /\nCMD ["node", "/program.cjs"]\n`);
  context.entry({ name: 'program.cjs' }, program);
  context.finalize();
  const said = await text(await begin('POST', `/build?t=${reference}`, 'application/x-tar', Readable.from(context)));
  if (said.includes('"error"')) throw new Error(`${reference} cannot be built: ${said}`);
  return ((await ask('GET', `/images/${reference}/json`)) as { Id: string }).Id;
}

/** As `docker rmi -f` does; gone already is success. */
export async function removeImage(reference: string): Promise<void> {
  await ask('DELETE', `/images/${reference}?force=1`).catch((error: Error) => {
    if (!error.message.includes(': 404 ')) throw error;
  });
}

async function ask(method: string, path: string, body?: object): Promise<unknown> {
  const sent = body && Readable.from([JSON.stringify(body)]);
  const said = await text(await begin(method, path, 'application/json', sent));
  return said === '' ? undefined : JSON.parse(said);
}

/** @returns its answer, once it has begun. @throws Error with all it says when it refuses */
async function begin(method: string, path: string, contentType: string, body?: Readable): Promise<IncomingMessage> {
  const where =
    endpoint.protocol === 'unix:'
      ? { socketPath: endpoint.pathname }
      : { host: endpoint.hostname, port: Number(endpoint.port) };
  const headers = body && { 'content-type': contentType };
  const request = http.request({ ...where, method, path, headers, timeout: 30_000 });
  request.on('timeout', () => request.destroy(new Error('the engine does not answer')));
  if (body) body.pipe(request);
  else request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  if ((response.statusCode ?? 500) < 300) return response;
  throw new Error(`${method} ${path}: ${response.statusCode} ${await text(response)}`);
}
