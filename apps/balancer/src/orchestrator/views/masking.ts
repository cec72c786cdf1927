// Owns hiding secrets wherever what replicas run is shown: by the names of variables and flags, and inside values. Pure.
// It hides rather too much: a word that only looks like a secret is no loss.

export const MASK = '***';

/** Every repetition below is bounded: what is masked may be 64 KiB that somebody sent, and reading it must not take long. */
const SECRET = 'pass|pwd|secret|token|key|credential|auth(?!or)|private|dsn|salt|cookie|signature';
const SECRET_NAME = new RegExp(SECRET, 'i');
/** `scheme://user:password@`; a password may hold slashes. */
const USER_INFO = /([a-z][a-z0-9+.-]{0,31}:\/\/)\S{0,2048}@/gi;
/** `password=x`, `"token": "x"`, `?api_key=x&`, also where quotes are escaped or what they hold was cut off */
const ASSIGNMENT = new RegExp(
  `((?:${SECRET})[\\w.-]{0,64}(?:\\\\?["'])?\\s*[=:]\\s*)(\\\\"[^"]*"?|"(?:[^"\\\\]|\\\\.)*"?|'[^']*'?|[^\\s,;&"']+)`,
  'gis',
);
/** `--password x` inside a command line */
const FLAG = new RegExp(
  `((?<![^\\s"'])-{1,2}[\\w.-]{0,64}(?:${SECRET})[\\w.-]{0,64}\\s+)("[^"]*"?|'[^']*'?|[^\\s,;&"']+)`,
  'gi',
);
/** How a refusal tells a value: `unknown property "password" with the value "x"; …`, `token must be a text, not {"a":"x"}` */
const REFUSED = new RegExp(
  `((?:${SECRET})[^\\n]{0,120}?(?: with the value |, not ))(.+?)(?=; (?:only|none) |$)`,
  'gis',
);
/** `--password`, whose value is the next word. */
const BARE_FLAG = new RegExp(`^-{1,2}[\\w.-]{0,64}(?:${SECRET})[\\w.-]{0,64}$`, 'i');

export function maskedText(text: string): string {
  const withoutUsers = text.replace(USER_INFO, `$1${MASK}@`);
  return [ASSIGNMENT, FLAG, REFUSED].reduce((masked, one) => masked.replace(one, `$1${MASK}`), withoutUsers);
}

/** Values by their names: of variables, of labels. */
export function maskedValues(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      SECRET_NAME.test(name) && value !== '' ? MASK : maskedText(value),
    ]),
  );
}

/** Nobody's settings nest deeper; what does is not looked at. */
const MOST_LEVELS = 12;

/** Any JSON value: texts under the name of a secret, secrets inside texts, lists of words as an argv. */
export function maskedJson(value: unknown, levels = MOST_LEVELS): unknown {
  if (typeof value === 'string') return maskedText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (levels === 0) return MASK;
  if (Array.isArray(value)) {
    const words: readonly unknown[] = value;
    if (words.every((word) => typeof word === 'string')) return maskedWords(words);
    return words.map((one) => maskedJson(one, levels - 1));
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, one]: [string, unknown]) => {
      const secret = SECRET_NAME.test(name) && one !== '' && one !== null && typeof one !== 'boolean';
      return [name, secret ? MASK : maskedJson(one, levels - 1)];
    }),
  );
}

/** An argv. */
export function maskedWords(words: readonly string[]): string[] {
  return words.map((word, index) => (BARE_FLAG.test(words[index - 1] ?? '') ? MASK : maskedText(word)));
}
