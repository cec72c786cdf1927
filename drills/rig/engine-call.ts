// Owns the few calls that the drills make to the engine behind the balancer's back.
import { containersOf, killContainer, pauseContainer } from '../../apps/balancer/test/docker-api.ts';

/** As `docker kill` and `docker pause` do. */
export function signalContainer(id: string, signal: 'SIGKILL' | 'SIGSTOP'): Promise<void> {
  return signal === 'SIGKILL' ? killContainer(id) : pauseContainer(id);
}

/** A list counts, the mere presence of a socket does not. */
export function engineAnswers(): Promise<boolean> {
  return containersOf('').then(
    () => true,
    () => false,
  );
}
