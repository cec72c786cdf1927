// Owns who the client is: the socket's peer, or whom a chain of trusted proxies names. Pure; which peers are trusted is a
// setting, compiled by config.

export type Trusts = (address: string) => boolean;

/**
 * @param peer address of the socket's other end
 * @param forwardedFor X-Forwarded-For as received; believed hop by hop, from the right, while the hop before is trusted
 */
export function clientAddress(peer: string, forwardedFor: string | undefined, trusts: Trusts): string {
  let client = peer;
  if (forwardedFor === undefined || !trusts(peer)) return client;
  const hops = forwardedFor.split(',');
  for (let index = hops.length - 1; index >= 0 && trusts(client); index--) {
    const address = plainHop(hops[index].trim());
    if (address === undefined) return client;
    client = address;
  }
  return client;
}

/** `10.0.0.1`, `10.0.0.1:443`, `[::1]:443` or `::1` → the address; undefined when it is none. */
function plainHop(hop: string): string | undefined {
  const address =
    /^\[([0-9A-Fa-f:.]+)\](?::\d+)?$/.exec(hop)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(hop)?.[1] ?? hop;
  return /^(?:\d+\.\d+\.\d+\.\d+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$/.test(address) ? address : undefined;
}
