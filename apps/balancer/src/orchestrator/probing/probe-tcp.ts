// Owns one probe over TCP: a connection of its own that is accepted, and closed again. A process that hangs may still have its
// connections accepted by the kernel, which this cannot tell from one that is well. Its deadline is probe.ts's.
import { connect } from 'node:net';
import { describeFailure, type Probe, withinTime } from './probe.js';

export const probeByTcp: Probe = ({ address: { host, port } }, timeoutMs, signal) =>
  withinTime(timeoutMs, signal, (settle) => {
    const socket = connect({ host, port });
    socket.once('connect', () => settle({ kind: 'passed' }));
    // Stays: an error after the verdict is nobody's.
    socket.on('error', (error) => settle({ kind: 'failed', reason: describeFailure(error) }));
    return () => socket.destroy();
  });
