// Owns which balancer a command speaks to, and with which token: from --url and the environment, as the balancer itself reads
// it. The token never comes from the command line, where every user of the machine could read it. Pure.
import { UsageError } from './failures.js';

export interface Target {
  /** Without a slash at the end. */
  readonly url: string;
  readonly token: string | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const WILDCARDS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** @throws UsageError when the address is none */
export function targetOf(given: string | undefined, env: Environment): Target {
  const token = env.ADMIN_TOKEN === '' ? undefined : env.ADMIN_TOKEN;
  const url = parsed(given ?? defaultUrl(env));
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new UsageError(
      given === undefined
        ? `ADMIN_HOST and ADMIN_PORT of the environment or .env give no address: "${defaultUrl(env)}"`
        : `--url must be like http://127.0.0.1:5001, not "${given}"`,
    );
  if (url.username !== '' || url.password !== '')
    throw new UsageError('--url must not hold a password; the token comes from ADMIN_TOKEN in the environment');
  return { url: `${url.origin}${url.pathname.replace(/\/+$/, '')}`, token };
}

/** A balancer that listens everywhere is asked on this machine. */
function defaultUrl({ ADMIN_HOST, ADMIN_PORT }: Environment): string {
  const host = WILDCARDS[ADMIN_HOST ?? ''] ?? ADMIN_HOST ?? '127.0.0.1';
  return `http://${host.includes(':') ? `[${host}]` : host}:${ADMIN_PORT ?? '5001'}`;
}

function parsed(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
