// Owns how much memory this thread uses for what it has under way. Reads only.
import { getHeapStatistics } from 'node:v8';

/**
 * Bytes of heap and of buffers beside it. Not the resident memory: that is of the whole process, and rarely goes back when it is over,
 * so that who sheds load by it might never stop. What is garbage counts until it is collected.
 */
export function memoryInUse(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}
