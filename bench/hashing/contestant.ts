// Owns what the benchmark measures of everybody alike: a map from keys to members, built for so many members.

export interface Contestant {
  /** HashFlow's algorithm, or the package with what it does. */
  readonly name: string;
  readonly ours: boolean;
  /** Most members that it can place; undefined = no limit. */
  readonly limit?: number;
  build(ids: readonly string[]): Lookup | Promise<Lookup>;
}

export interface Lookup {
  /** Finds the owner of a key; what it returns is only looked at for being there. */
  readonly byKey: (key: string) => unknown;
  /** Finds the owner of a key that was hashed before; absent where the package offers no such thing. */
  readonly byHash?: (hash: number) => unknown;
}
