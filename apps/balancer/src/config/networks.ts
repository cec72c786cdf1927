// Owns address arithmetic: CIDR ranges, loopback, IPv4 inside IPv6. Who may do what is decided by those who ask.
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';

export interface Network {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
  /** All of it lies within loopback. */
  readonly loopback: boolean;
  /** Exactly one address. */
  readonly single: boolean;
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** `::ffff:127.0.0.1`, as dual-stack sockets report IPv4 peers, → `127.0.0.1`; zone ids are dropped. */
export function plainAddress(address: string): string {
  const bare = address.split('%')[0] ?? address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare);
  return mapped?.[1] ?? bare;
}

export function isLoopbackAddress(address: string): boolean {
  const plain = plainAddress(address);
  const family = isIP(plain);
  return family !== 0 && LOOPBACK.check(plain, family === 4 ? 'ipv4' : 'ipv6');
}

/** Whoever has one of its addresses has them all: an IPv4 address, or the first 64 bits of an IPv6 one. */
export function networkOf(address: string): string {
  const plain = plainAddress(address).toLowerCase();
  if (!isIPv6(plain)) return plain;
  const [head = [], tail = []] = plain.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const left = 8 - head.length - tail.length - (plain.includes('.') ? 1 : 0);
  return [...head, ...new Array<string>(left).fill('0'), ...tail].slice(0, 4).join(':');
}

/** `10.0.0.0/8`, `::1/128` or a single address; undefined when it is none of them. */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', prefixText, ...rest] = text.split('/');
  if (rest.length > 0) return undefined;
  const family = isIPv4(address) ? 'ipv4' : isIPv6(address) && !address.includes('%') ? 'ipv6' : undefined;
  if (!family) return undefined;
  const bits = family === 'ipv4' ? 32 : 128;
  if (prefixText !== undefined && !/^\d{1,3}$/.test(prefixText)) return undefined;
  const prefix = prefixText === undefined ? bits : Number(prefixText);
  if (prefix > bits) return undefined;
  return {
    address,
    prefix,
    family,
    single: prefix === bits,
    loopback: isLoopbackAddress(address) && (family === 'ipv4' ? prefix >= 8 : prefix === 128),
  };
}

/** Compiles a list of ranges into one membership test. Entries that are no range match nothing. */
export function networkMatcher(entries: readonly string[]): (address: string) => boolean {
  const ranges = new BlockList();
  for (const entry of entries) {
    const network = parseNetwork(entry);
    if (network) ranges.addSubnet(network.address, network.prefix, network.family);
  }
  return (address) => {
    const plain = plainAddress(address);
    const family = isIP(plain);
    return family !== 0 && ranges.check(plain, family === 4 ? 'ipv4' : 'ipv6');
  };
}
