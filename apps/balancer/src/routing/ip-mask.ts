// Owns the canonical text of an IP address cut to a prefix, for hash keys. Pure; who may use which network is config's.

/** @returns the address cut to the first bits, as `10.1.2.0` or `2001:db8:0:0:0:0:0:0`; undefined when it is none */
export function maskAddress(address: string, bits4: number, bits6: number): string | undefined {
  const v4 = parseV4(address);
  if (v4) return cut(v4, bits4, 8).join('.');
  const v6 = parseV6(address);
  if (!v6) return undefined;
  // An IPv4 client on a dual-stack socket is the same client.
  if (v6.slice(0, 5).every((group) => group === 0) && v6[5] === 0xffff) {
    return cut([v6[6] >> 8, v6[6] & 255, v6[7] >> 8, v6[7] & 255], bits4, 8).join('.');
  }
  return cut(v6, bits6, 16)
    .map((group) => group.toString(16))
    .join(':');
}

function cut(parts: readonly number[], bits: number, width: number): number[] {
  return parts.map((part, index) => {
    const keep = Math.min(width, Math.max(0, bits - index * width));
    return part & ~(2 ** (width - keep) - 1);
  });
}

function parseV4(text: string): number[] | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  const parts = match?.slice(1).map(Number);
  return parts?.every((part) => part <= 255) ? parts : undefined;
}

function parseV6(text: string): number[] | undefined {
  let bare = text.split('%', 1)[0];
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(bare);
  if (dotted) {
    const v4 = parseV4(dotted[2]);
    if (!v4) return undefined;
    bare = `${dotted[1]}${((v4[0] << 8) | v4[1]).toString(16)}:${((v4[2] << 8) | v4[3]).toString(16)}`;
  }
  const halves = bare.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (tail ? missing < 1 : missing !== 0) return undefined;
  const groups = tail ? [...head, ...Array<string>(missing).fill('0'), ...tail] : head;
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return groups.map((group) => parseInt(group, 16));
}
