// Owns the one timer that turns the wheel of a lane, and the clock that it is turned by. It sleeps while nothing is to come, and
// keeps no process alive. Which deadlines there are is timer-wheel.ts's.
import { TimerWheel, type WheelEntry } from './timer-wheel.js';

export class Deadlines {
  readonly #wheel = new TimerWheel(performance.now());
  #timer: NodeJS.Timeout | undefined;
  /** For when the timer is set; Infinity = it is not. */
  #armedFor = Infinity;

  /**
   * To be called after each event that may have moved the entry's deadline earlier, or ended it (Infinity). One that moves later
   * needs no call.
   */
  follow(entry: WheelEntry): void {
    const lookAt = this.#wheel.schedule(entry);
    if (lookAt < this.#armedFor) this.#arm(lookAt);
  }

  /** The entry is told nothing any more. */
  cancel(entry: WheelEntry): void {
    // The timer stays as it is: it finds nothing then, and the next entry most likely finds it set early enough.
    this.#wheel.cancel(entry);
  }

  /** Nobody is told anything until somebody is followed again. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#armedFor = Infinity;
  }

  #arm(at: number): void {
    clearTimeout(this.#timer);
    this.#armedFor = at;
    this.#timer = setTimeout(onTimer, Math.max(1, Math.ceil(at - performance.now())), this).unref();
  }

  // After the thread was busy, its timers come before what has arrived meanwhile: nobody is late who is only unread.
  fired(): void {
    setImmediate(onTurn, this);
  }

  turn(): void {
    if (this.#armedFor === Infinity) return;
    this.#armedFor = Infinity;
    this.#wheel.advance(performance.now());
    const { next } = this.#wheel;
    if (next < this.#armedFor) this.#arm(next);
  }
}

const onTimer = (deadlines: Deadlines): void => deadlines.fired();
const onTurn = (deadlines: Deadlines): void => deadlines.turn();
