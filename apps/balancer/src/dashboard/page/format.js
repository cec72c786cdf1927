// Owns how numbers, times and names are written on the page. Pure.

/** @param {number} part 0 to 1 */
export function percent(part) {
  return `${(part * 100).toFixed(part > 0 && part < 0.001 ? 3 : 1)} %`;
}

/** @param {number} perSecond */
export function rate(perSecond) {
  if (perSecond === 0) return '0';
  if (perSecond < 0.05) return '<0.1'; // 0.0 would say that there are none
  if (perSecond < 10) return perSecond.toFixed(1);
  return perSecond < 10_000 ? String(Math.round(perSecond)) : `${(perSecond / 1000).toFixed(1)}k`;
}

/** Whole numbers, in groups of three. @param {number} number */
export function count(number) {
  return number.toLocaleString('en').replaceAll(',', '\u202f');
}

/** @param {number | null} ms */
export function duration(ms) {
  if (ms === null) return 'an unknown time';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.round((ms % 60_000) / 1000)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

/** Milliseconds as a latency: as many digits as mean something. @param {number} ms */
export function latency(ms) {
  if (ms === 0) return '0 ms';
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** @param {string} iso @returns {string} time of day here */
export function timeOfDay(iso) {
  return new Date(iso).toLocaleTimeString('en-GB');
}

/** Time of day here, and the day where it is not today. @param {string} iso @param {number} now epoch milliseconds */
export function dayAndTime(iso, now) {
  const day = (/** @type {Date} */ date) => date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
  const at = new Date(iso);
  return at.toDateString() === new Date(now).toDateString() ? timeOfDay(iso) : `${day(at)} ${timeOfDay(iso)}`;
}

/** @param {readonly string[]} names @param {number} [all] of which these are the first */
export function listed(names, all = names.length) {
  const rest = all - Math.min(names.length, 4);
  const shown = names.slice(0, 4).join(', ');
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}

/** @param {number} number @param {string} one */
export function plural(number, one, many = `${one}s`) {
  return `${number} ${number === 1 ? one : many}`;
}

/**
 * Names that differ at their ends only stay apart.
 * @param {string} name @param {number} most characters
 */
export function shortened(name, most) {
  const characters = [...name];
  if (characters.length <= most) return name;
  const tail = Math.floor((most - 1) / 2);
  return `${characters.slice(0, most - 1 - tail).join('')}…${characters.slice(-tail).join('')}`;
}

/**
 * Names that /add would make up: Server K with the lowest free numbers.
 * @param {number} many @param {readonly string[]} taken
 */
export function generatedNames(many, taken) {
  const used = new Set(taken);
  const names = [];
  for (let number = 1; names.length < many; number++) {
    if (!used.has(`Server ${number}`)) names.push(`Server ${number}`);
  }
  return names;
}
