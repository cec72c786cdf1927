// Owns the pool of containers behind the Docker case: HashFlow makes them and is measured in front of them, the others are pointed at
// the same addresses. They run on the answers' core.
import Docker from 'dockerode';
import { REPLICAS, type Replica } from '../answering/answering.ts';
import type { Cores } from '../cores.ts';
import { type HashFlow, startHashFlow } from './hashflow.ts';
import { MAIN } from '../goals.ts';

export interface DockerPool {
  /** The main lane, which made them. */
  readonly owner: HashFlow;
  readonly replicas: readonly Replica[];
}

/** @throws Error when they do not become ready */
export async function startDockerPool(cores: Cores): Promise<DockerPool> {
  const owner = await startHashFlow(MAIN, cores, 'docker', { N: String(REPLICAS) });
  try {
    const docker = new Docker();
    const replicas = [];
    for (const { name, instance } of await owner.balancer.replicas()) {
      const [host, port] = instance?.address?.split(':') ?? [];
      if (!instance || host === undefined || port === undefined) throw new Error(`${name} has no address`);
      await docker.getContainer(instance.id).update({ CpusetCpus: String(cores.answers) });
      replicas.push({ host, port: Number(port) });
    }
    return { owner, replicas };
  } catch (error) {
    await owner.end();
    throw error;
  }
}
