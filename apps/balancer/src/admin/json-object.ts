// Owns reading a request body as one JSON object, strictly: what JSON.parse is lenient about (repeated keys) or what would
// hurt later (bottomless nesting) is refused here. Pure. Which fields the object may have is the DTOs'.
import { quote, RequestError } from './failure.js';

/** Far more than any body of ours needs, far less than what exhausts the stack of a recursive reader. */
const MAX_DEPTH = 8;

/** @throws RequestError 400 when the text is no JSON object, nests deeper than 8 levels, or repeats a key */
export function parseJsonObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RequestError(400, `the body is not valid JSON: ${quote(text)}`);
  }
  const { depth, repeated } = inspect(text);
  if (depth > MAX_DEPTH)
    throw new RequestError(400, `the body nests ${depth} levels deep; at most ${MAX_DEPTH} are read`);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RequestError(400, `the body must be a JSON object, not ${quote(value)}`);
  }
  // The last one would win silently; with a proxy in between that takes the first, two readers see two requests.
  if (repeated !== undefined) throw new RequestError(400, `${quote(repeated)} stands more than once in the body`);
  return value as Record<string, unknown>;
}

/** Walks valid JSON text: the deepest nesting, and the first key that an object repeats. */
function inspect(text: string): { depth: number; repeated: string | undefined } {
  /** Keys of the objects and arrays that are open, the outermost first. */
  const open: Set<string>[] = [];
  let deepest = 0;
  let repeated: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '{' || char === '[') deepest = Math.max(deepest, open.push(new Set()));
    else if (char === '}' || char === ']') open.pop();
    else if (char === '"') {
      const end = endOfString(text, at);
      const keys = open.at(-1);
      if (keys && isKey(text, end + 1)) {
        const key = JSON.parse(text.slice(at, end + 1)) as string;
        if (keys.has(key)) repeated ??= key;
        keys.add(key);
      }
      at = end;
    }
  }
  return { depth: deepest, repeated };
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

/** In valid JSON a string is a key exactly when a colon comes next. */
function isKey(text: string, after: number): boolean {
  let at = after;
  while (' \t\r\n'.includes(text[at] ?? '-')) at++;
  return text[at] === ':';
}
