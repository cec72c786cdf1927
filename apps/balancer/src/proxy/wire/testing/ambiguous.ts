// Owns the whole set of ambiguous requests, by what is ambiguous about them.
import { AMBIGUOUS_CHUNKS } from './ambiguous-chunks.js';
import { AMBIGUOUS_CODINGS } from './ambiguous-codings.js';
import { AMBIGUOUS_CONNECTIONS } from './ambiguous-connections.js';
import { AMBIGUOUS_FIELDS } from './ambiguous-fields.js';
import { AMBIGUOUS_HOSTS } from './ambiguous-hosts.js';
import { AMBIGUOUS_LENGTHS } from './ambiguous-lengths.js';
import { AMBIGUOUS_LINES } from './ambiguous-lines.js';
import type { AmbiguousRequest } from './ambiguous-request.js';

export const AMBIGUOUS: readonly { readonly group: string; readonly requests: readonly AmbiguousRequest[] }[] = [
  { group: 'length', requests: AMBIGUOUS_LENGTHS },
  { group: 'coding', requests: AMBIGUOUS_CODINGS },
  { group: 'chunks and trailers', requests: AMBIGUOUS_CHUNKS },
  { group: 'fields', requests: AMBIGUOUS_FIELDS },
  { group: 'host and target', requests: AMBIGUOUS_HOSTS },
  { group: 'request line', requests: AMBIGUOUS_LINES },
  { group: 'connection', requests: AMBIGUOUS_CONNECTIONS },
];
