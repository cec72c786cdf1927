// Owns the one timer of a request. Deadlines move with every event, the timer does not: it looks when it fires whether it
// is time, and waits for the rest. What a deadline means is the attempt machine's.

export interface DeadlineOwner {
  /** Infinity = none. */
  readonly deadline: number;
  /** The deadline has passed, and what came in before it has been dealt with. */
  onDeadline(): void;
}

export class DeadlineTimer {
  #timer: NodeJS.Timeout | undefined;
  #due = Infinity;

  constructor(private readonly owner: DeadlineOwner) {}

  /** To be called after each event. */
  follow(): void {
    const { deadline } = this.owner;
    if (deadline === Infinity) this.stop();
    else if (deadline < this.#due) this.#arm(deadline);
  }

  stop(): void {
    if (this.#due === Infinity) return;
    clearTimeout(this.#timer);
    this.#due = Infinity;
  }

  #arm(due: number): void {
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(onTimer, Math.max(1, Math.ceil(due - performance.now())), this);
  }

  // After the thread was busy, its timers come before what has arrived meanwhile: nobody is late who is only unread.
  fired(): void {
    setImmediate(onLook, this);
  }

  look(): void {
    if (this.#due === Infinity) return;
    this.#due = Infinity;
    const { deadline } = this.owner;
    if (deadline > performance.now()) this.follow();
    else this.owner.onDeadline();
  }
}

const onTimer = (timer: DeadlineTimer): void => timer.fired();
const onLook = (timer: DeadlineTimer): void => timer.look();
