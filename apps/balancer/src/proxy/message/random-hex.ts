// Owns random digits for ids: from the system's generator, fetched many at a time, because one call per id would cost more
// than all else that tracing does.
import { randomFillSync } from 'node:crypto';
import type { RandomHex } from './request-id.js';

const STOCK = 4096;

export function randomHex(): RandomHex {
  const stock = Buffer.alloc(STOCK);
  let used = STOCK;
  return (bytes) => {
    if (used + bytes > STOCK) {
      randomFillSync(stock);
      used = 0;
    }
    const hex = stock.toString('hex', used, used + bytes);
    used += bytes;
    return hex;
  };
}
