// Owns reading what a replica has noted (../replica/replica.mjs). Pure.

export interface ReplicaNotes {
  /** Who noted: host, pid and start, which no two instances share. */
  readonly instance: string;
  /** The name that it was born under. */
  readonly name: string;
  /** Times are milliseconds of the machine's monotonic clock. */
  readonly bornAt: number;
  /** When it first answered a probe; undefined: never. */
  readonly firstProbeAt: number | undefined;
  /** When it was asked to end; undefined: it never was. */
  readonly termAt: number | undefined;
  readonly requests: readonly { readonly at: number; readonly id: string }[];
}

/** A last line that was cut off by a SIGKILL is left out. */
export function parseNotes(instance: string, text: string): ReplicaNotes {
  const lines = text.split('\n').slice(0, -1);
  const of = (kind: string) => lines.filter((line) => line.startsWith(`${kind} `)).map((line) => line.split(' '));
  const [, bornAt = 'NaN', ...name] = of('S')[0] ?? [];
  const time = (words: string[] | undefined) => (words ? Number(words[1]) : undefined);
  return {
    instance,
    name: name.join(' '),
    bornAt: Number(bornAt),
    firstProbeAt: time(of('P')[0]),
    termAt: time(of('T')[0]),
    requests: of('R').map(([, at, id = '']) => ({ at: Number(at), id })),
  };
}
