// Owns the names and numbers of signals inside a container: Linux's, wherever the balancer itself runs. Pure.

const NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGCHLD: 17,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGTTIN: 21,
  SIGTTOU: 22,
  SIGURG: 23,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGVTALRM: 26,
  SIGPROF: 27,
  SIGWINCH: 28,
  SIGIO: 29,
  SIGPWR: 30,
  SIGSYS: 31,
};
const NAMES = new Map(Object.entries(NUMBERS).map(([name, number]) => [number, name]));
/** SIGRTMIN as C libraries count it, which is what programs and engines mean. */
const REAL_TIME_MIN = 34;
const REAL_TIME_MAX = 64;

/** `SIGTERM`, `term`, `15`, `SIGRTMIN+3` → the number; undefined for what is no signal. */
export function signalNumber(text: string): number | undefined {
  if (/^\d{1,2}$/.test(text)) return Number(text) >= 1 && Number(text) <= REAL_TIME_MAX ? Number(text) : undefined;
  const name = text.toUpperCase().replace(/^(?!SIG)/, 'SIG');
  const realTime = /^SIGRTMIN(?:\+(\d{1,2}))?$/.exec(name);
  if (!realTime) return Object.hasOwn(NUMBERS, name) ? NUMBERS[name] : undefined;
  const number = REAL_TIME_MIN + Number(realTime[1] ?? 0);
  return number <= REAL_TIME_MAX ? number : undefined;
}

/** `SIGTERM`; undefined for a number without a name. */
export function signalName(number: number): string | undefined {
  return NAMES.get(number);
}
