// Owns the flags that node is started with where it is a data process. Pure, and without imports: the benchmarks start theirs with them, too.

/**
 * So many bytes of code, as V8 counts them, its compiler puts into one function in place of calls. The path of a request is many short
 * functions of one another, and is twice as long as V8's own 920 allows: with these a request costs 3 % less, see docs/data-plane.md.
 */
const INLINED = 2400;

/** @param maxAnswerHead bytes: the standard lane cannot tell node's client any other way */
export function dataNodeFlags(maxAnswerHead: number): string[] {
  return [`--max-http-header-size=${maxAnswerHead}`, `--max-inlined-bytecode-size-cumulative=${INLINED}`];
}
