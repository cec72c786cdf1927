// Owns how long steps look to whoever waits: a spinner with the seconds on a terminal, a plain line now and then elsewhere.
// All of it goes to stderr; stdout belongs to the program that is started afterwards.
const FRAMES = ['|', '/', '-', '\\'];

export function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * Shows `text` until the returned function is called with the closing line.
 * @param onTick called a few times a second while it shows
 */
export function showProgress(text, onTick = () => {}) {
  const began = Date.now();
  const seconds = () => Math.round((Date.now() - began) / 1000);
  const live = process.stderr.isTTY === true;
  let ticks = 0;
  let told = 0;
  if (!live) say(`${text} ...`);
  const timer = setInterval(() => {
    onTick();
    ticks += 1;
    if (live) process.stderr.write(`\r\x1b[2K${FRAMES[ticks % FRAMES.length]} ${text} (${seconds()} s)`);
    else if (seconds() - told >= 15) {
      told = seconds();
      say(`${text}: ${told} s so far`);
    }
  }, 250);
  return (closing) => {
    clearInterval(timer);
    if (live) process.stderr.write('\r\x1b[2K');
    say(`${closing} (${seconds()} s)`);
  };
}
