// Owns what the proxies are measured at. The first is the one that the goals are about.
import type { Ask } from './requests.ts';

/** Who answers: the cheap server, the one that reads uploads, or HashFlow's own containers. */
export type Behind = 'answers' | 'uploads' | 'docker';

export interface Case {
  /** As --only and the result file name it. */
  readonly id: string;
  readonly name: string;
  readonly behind: Behind;
  readonly connections: number;
  readonly ask: Ask;
}

const SMALL: Ask = { path: '/small', upload: 0, close: false };

export const CASES: readonly Case[] = [
  { id: 'small', name: 'small answer, 64 connections', behind: 'answers', connections: 64, ask: SMALL },
  { id: 'one', name: 'small answer, 1 connection', behind: 'answers', connections: 1, ask: SMALL },
  { id: 'many', name: 'small answer, 512 connections', behind: 'answers', connections: 512, ask: SMALL },
  {
    id: 'page',
    name: '16 KiB answer, 64 connections',
    behind: 'answers',
    connections: 64,
    ask: { ...SMALL, path: '/page' },
  },
  {
    id: 'download',
    name: '1 MiB download, 16 connections',
    behind: 'answers',
    connections: 16,
    ask: { ...SMALL, path: '/download' },
  },
  {
    id: 'new',
    name: 'a connection per request, 16 at a time',
    behind: 'answers',
    connections: 16,
    ask: { ...SMALL, close: true },
  },
  {
    id: 'upload',
    name: '64 KiB upload, 64 connections',
    behind: 'uploads',
    connections: 64,
    ask: { path: '/upload', upload: 64 * 1024, close: false },
  },
  {
    id: 'docker',
    name: 'replicas in containers, 64 connections',
    behind: 'docker',
    connections: 64,
    ask: { ...SMALL, path: '/home' },
  },
];
