// Owns one call of the admin port. What is asked, and why, is rig.ts's and the runs'.

const CALL_MS = 90_000;

export interface AdminAnswer {
  readonly status: number;
  readonly json: unknown;
}

/** @throws Error when no answer comes */
export async function adminCall(adminUrl: string, method: string, path: string, body?: object): Promise<AdminAnswer> {
  const response = await fetch(adminUrl + path, {
    method,
    signal: AbortSignal.timeout(CALL_MS),
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, json: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
