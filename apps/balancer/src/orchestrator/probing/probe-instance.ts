// Owns which kind of probe an instance gets: the one that its demand names.
import type { Probe } from './probe.js';
import { probeByHttp } from './probe-http.js';
import { probeByTcp } from './probe-tcp.js';

export const probeInstance: Probe = (target, timeoutMs, signal) => {
  const { demand } = target;
  const probe = demand.protocol === 'tcp' ? probeByTcp : probeByHttp(demand);
  return probe(target, timeoutMs, signal);
};
