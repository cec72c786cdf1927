// Owns the packages that people would use instead, as their readmes tell to use them. They are installed on demand, hence
// loaded by name.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Contestant } from './contestant.ts';

const load = createRequire(join(import.meta.dirname, '..', 'package.json'));

interface NodeRing {
  getNode(key: string): unknown;
}

export const RIVALS: readonly Contestant[] = [
  {
    name: 'hashring',
    ours: false,
    build: (ids) => {
      const HashRing = load('hashring') as new (ids: string[]) => { get(key: string): unknown };
      const ring = new HashRing([...ids]);
      return { byKey: (key) => ring.get(key) };
    },
  },
  {
    name: 'hash-ring',
    ours: false,
    build: (ids) => {
      const HashRing = load('hash-ring') as new (ids: string[]) => NodeRing;
      const ring = new HashRing([...ids]);
      return { byKey: (key) => ring.getNode(key) };
    },
  },
  {
    name: 'consistent-hashing',
    ours: false,
    build: (ids) => {
      const ConsistentHashing = load('consistent-hashing') as new (ids: string[]) => NodeRing;
      const ring = new ConsistentHashing([...ids]);
      return { byKey: (key) => ring.getNode(key) };
    },
  },
  {
    name: 'consistent-hash',
    ours: false,
    build: (ids) => {
      const ConsistentHash = load('consistent-hash') as new () => {
        add(id: string): void;
        get(key: string): unknown;
      };
      const ring = new ConsistentHash();
      for (const id of ids) ring.add(id);
      ring.get(''); // it sorts its points at the first lookup
      return { byKey: (key) => ring.get(key) };
    },
  },
  {
    name: 'rendezvous-hash',
    ours: false,
    build: (ids) => {
      const select = load('rendezvous-hash') as (key: string, shards: Record<string, string>) => unknown;
      const shards = Object.fromEntries(ids.map((id) => [id, id]));
      return { byKey: (key) => select(key, shards) };
    },
  },
];
