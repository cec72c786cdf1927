// Owns hiding secrets in what the access log says of a request's target and of the page that it came from. Pure. It hides
// rather too much: a value that only looks like a secret is no loss.

export const MASK = '***';

/** The target of a request, or a URL, with its secrets hidden. */
export type TargetMask = (target: string) => string;

/** From so many letters on a word counts within another, too: `token` in `accesstoken`. */
const LONG_WORD = 5;
/** `?name=value`, `&name=value`, `;name=value`; in a path a value ends with its segment. */
const QUERY_PAIR = /(^|[&;])([^=&;]+)=([^&;]*)/g;
const PATH_PAIR = /;([^=;/]+)=([^;/]*)/g;
/** `scheme://user:password@` within a parameter, also percent-encoded. Bounded, for who sends nothing but its beginnings. */
const USER_INFO = /((?::|%3a)(?:\/|%2f){2})[^/?#&;@]{0,256}?(@|%40)/gi;
/** A JSON web token, wherever it stands: its first part is an object in base64. */
const WEB_TOKEN = /eyJ[\w-]{6,}(?:\.[\w-]*){0,4}/g;

/** @param words in the names of parameters whose values are hidden; case does not matter */
export function compileTargetMask(words: readonly string[]): TargetMask {
  const listed = words.map((word) => word.toLowerCase());
  const long = listed.filter((word) => word.length >= LONG_WORD);
  const isSecret = (name: string): boolean => {
    const plain = decode(name);
    const lower = plain.toLowerCase();
    return (
      long.some((word) => lower.replace(/[^a-z0-9]/g, '').includes(word)) ||
      wordsOf(plain).some((word) => listed.includes(word))
    );
  };
  const maskQuery = (query: string) =>
    query.replace(QUERY_PAIR, (pair: string, before: string, name: string) =>
      isSecret(name) ? `${before}${name}=${MASK}` : pair,
    );
  const maskPath = (path: string) =>
    path.replace(PATH_PAIR, (pair: string, name: string) => (isSecret(name) ? `;${name}=${MASK}` : pair));

  return (target) => {
    const mark = target.indexOf('?');
    let masked = target;
    if (mark >= 0) masked = `${maskPath(target.slice(0, mark))}?${maskQuery(target.slice(mark + 1))}`;
    else if (target.includes(';')) masked = maskPath(target);
    if (masked.includes('eyJ')) masked = masked.replace(WEB_TOKEN, MASK);
    return /@|%40/.test(masked) ? masked.replace(USER_INFO, `$1${MASK}$2`) : masked;
  };
}

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
