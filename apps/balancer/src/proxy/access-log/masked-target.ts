// Owns hiding secrets in what the access log says of a request's target and of the page that it came from. Pure. It hides
// rather too much: a value that only looks like a secret is no loss.

export const MASK = '***';

/** The target of a request, or a URL, with its secrets hidden. */
export type TargetMask = (target: string) => string;

/** From so many letters on a word counts within another, too: `token` in `accesstoken`. */
const LONG_WORD = 5;
/** Names of parameters that are remembered, with whether they are secret. */
const MOST_KNOWN = 1000;
/** `;name=value` in a path, where a value ends with its segment. */
const PATH_PAIR = /;([^=;/]+)=([^;/]*)/g;
/** `scheme://user:password@` within a parameter, also percent-encoded. Bounded, for who sends nothing but its beginnings. */
const USER_INFO = /((?::|%3a)(?:\/|%2f){2})[^/?#&;@]{0,256}?(@|%40)/gi;
/** A JSON web token, wherever it stands: its first part is an object in base64. */
const WEB_TOKEN = /eyJ[\w-]{6,}(?:\.[\w-]*){0,4}/g;

/** What more than a query's pairs is looked at for. */
const RARE = /[;@]|eyJ|%40/;

/** @param words in the names of parameters whose values are hidden; case does not matter */
export function compileTargetMask(words: readonly string[]): TargetMask {
  const listed = words.map((word) => word.toLowerCase());
  const long = listed.filter((word) => word.length >= LONG_WORD);
  const holdsSecret = (name: string): boolean => {
    const plain = decode(name);
    const letters = plain.toLowerCase().replace(/[^a-z0-9]/g, '');
    return long.some((word) => letters.includes(word)) || wordsOf(plain).some((word) => listed.includes(word));
  };
  const mayHoldSecret = filterOf(listed);
  const known = new Map<string, boolean>();
  const isSecret = (name: string): boolean => {
    let secret = known.get(name);
    if (secret !== undefined) return secret;
    secret = holdsSecret(name);
    // Names come from clients, who may think of more than anybody can remember.
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(name, secret);
    return secret;
  };
  const maskPath = (target: string, mark: number) => {
    const path = mark < 0 ? target : target.slice(0, mark);
    const shown = path.replace(PATH_PAIR, (pair: string, name: string) => (isSecret(name) ? `;${name}=${MASK}` : pair));
    return `${shown}${target.slice(path.length)}`;
  };

  return (target) => {
    const mark = target.indexOf('?');
    let masked = target;
    if (mark >= 0) masked = maskPairs(target, mark + 1, mayHoldSecret, isSecret);
    if (!RARE.test(masked)) return masked;
    if (masked.includes(';')) masked = maskPath(masked, mark);
    if (masked.includes('eyJ')) masked = masked.replace(WEB_TOKEN, MASK);
    return masked.includes('@') || masked.includes('%40') ? masked.replace(USER_INFO, `$1${MASK}$2`) : masked;
  };
}

/** `name=value`, separated by & or ;, from `begin` on. By hand: nearly all targets are left as they are. */
function maskPairs(
  text: string,
  begin: number,
  mayHoldSecret: NameFilter,
  isSecret: (name: string) => boolean,
): string {
  let masked = '';
  let copied = 0;
  for (let at = begin; at < text.length;) {
    const end = endOfPair(text, at);
    const equals = text.indexOf('=', at);
    if (equals > at && equals < end && mayHoldSecret(text, at, equals) && isSecret(text.slice(at, equals))) {
      masked += `${text.slice(copied, equals + 1)}${MASK}`;
      copied = end;
    }
    at = end + 1;
  }
  return copied === 0 ? text : masked + text.slice(copied);
}

function endOfPair(text: string, from: number): number {
  let end = from;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === AMPERSAND || code === SEMICOLON) break;
  }
  return end;
}

/** Whether the name in the text from `begin` to `end` is to be looked at closely. */
type NameFilter = (text: string, begin: number, end: number) => boolean;

/** By the two letters that a word begins with: most names hold no such pair, and to look up each would cost more than the rest. */
function filterOf(words: readonly string[]): NameFilter {
  if (!words.every((word) => /^[a-z0-9]{2}/.test(word))) return () => true;
  // A letter is the same in both cases by its five lower bits. Two that share a place only cost a closer look.
  const pairs = new Uint8Array(PLACES * PLACES);
  for (const word of words) pairs[(word.charCodeAt(0) & PLACE) * PLACES + (word.charCodeAt(1) & PLACE)] = 1;
  return (text, begin, end) => {
    let before = 0;
    for (let at = begin; at < end; at++) {
      const code = text.charCodeAt(at);
      // Encoded, or with something between the letters of a word.
      if (PLAIN[code] !== 1) return true;
      if (at > begin && pairs[before * PLACES + (code & PLACE)] === 1) return true;
      before = code & PLACE;
    }
    return false;
  };
}

const [AMPERSAND, SEMICOLON] = [38, 59];
const [PLACES, PLACE] = [32, 31];
const PLAIN = Uint8Array.from({ length: 128 }, (_, code) => Number(/[A-Za-z0-9]/.test(String.fromCharCode(code))));

/** `X-Amz-Signature`, `apiKey` and `api_key` by their words, in lower case. */
function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
}

function decode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
