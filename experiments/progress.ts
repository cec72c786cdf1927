// Owns how a long run looks to whoever waits: one bar on a terminal, a line now and then elsewhere. All of it goes to stderr.

const WIDTH = 30;
const LINE_EVERY_MS = 15_000;

export class Progress {
  #done = 0;
  #label = '';
  readonly #began = performance.now();
  #drawnAt = -Infinity;
  readonly #live = process.stderr.isTTY === true;
  readonly #total: number;

  /** @param total steps of the whole run */
  constructor(total: number) {
    this.#total = total;
  }

  /** What is being done now. */
  label(text: string): void {
    this.#label = text;
    this.#draw(true);
  }

  step(count = 1): void {
    this.#done += count;
    this.#draw(false);
  }

  /** A line of its own, above the bar. */
  say(line: string): void {
    if (this.#live) process.stderr.write('\r\x1b[2K');
    process.stderr.write(`${line}\n`);
    if (this.#live) this.#draw(true);
  }

  end(): void {
    if (this.#live) process.stderr.write('\r\x1b[2K');
  }

  #draw(now: boolean): void {
    const time = performance.now();
    if (this.#live ? !now && time - this.#drawnAt < 100 : time - this.#drawnAt < LINE_EVERY_MS) return;
    this.#drawnAt = time;
    const part = Math.min(1, this.#done / this.#total);
    const percent = `${Math.floor(part * 100)} %`.padStart(5);
    const seconds = `${Math.round((time - this.#began) / 1000)} s`;
    if (this.#live) {
      const bar = '█'.repeat(Math.round(part * WIDTH)).padEnd(WIDTH, '░');
      const line = `${bar} ${percent}  ${seconds}  ${this.#label}`;
      process.stderr.write(`\r\x1b[2K${line.slice(0, (process.stderr.columns || 80) - 1)}`);
    } else {
      process.stderr.write(`${percent}  ${seconds}  ${this.#label}\n`);
    }
  }
}
