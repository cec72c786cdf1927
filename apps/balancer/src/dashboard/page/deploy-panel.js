// Owns deploys: asking for one, with what it would change beforehand, and its course, replica by replica, until it has ended.
import { ask, post, statusOf } from './api.js';
import { actButton, closeButton, field, openDialog, refusalPlace } from './dialog.js';
import { byId, child, h, keyed, setAttributes, setText } from './dom.js';
import { LiveStream } from './live.js';

/** @import { DeployView, SpecView } from './api-types.js' */

/** @type {Partial<Record<DeployView['status'], string>>} */
const TONES = { 'rolled-out': 'good', rolling: 'busy', 'rolling-back': 'warn', 'rolled-back': 'warn', failed: 'bad' };
/** @type {Record<DeployView['replicas'][number]['step'], string>} */
const STEPS = {
  waiting: 'still',
  replacing: 'busy',
  replaced: 'good',
  restoring: 'warn',
  restored: 'still',
  stranded: 'bad',
};

export class DeployPanel {
  #place = byId('deploy');
  #status = h('span');
  #what = h('span');
  #buttons = h('div', { class: 'buttons' });
  #reason = h('p', { class: 'soft', hidden: true });
  #steps = h('ul', { class: 'steps' });
  #refusal = refusalPlace();
  #offered = '';
  #stream = new LiveStream(
    () => 'api/deploy/events',
    { progress: (view) => this.#show(view), end: (view) => this.#ended(view) },
    () => {},
  );

  constructor() {
    // How it goes is read out with the events, once.
    const line = h('p', {}, 'Deploy ', this.#status, this.#what);
    this.#place.append(
      h('div', { class: 'title' }, line, this.#buttons),
      this.#reason,
      this.#steps,
      this.#refusal.place,
    );
  }

  /** Shows the deploy under way, or the last one; nothing where there was none. */
  async load() {
    try {
      this.#take(await ask('api/deploy'));
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
    }
  }

  /** @param {string} runtime of the pool @param {SpecView | undefined} spec undefined: it could not be had */
  open(runtime, spec) {
    openDialog('Deploy', (close) => {
      const image = h('input', {
        autocomplete: 'off',
        spellcheck: 'false',
        placeholder: spec?.desired.imageRef ?? '',
      });
      const env = h('textarea', { rows: 3, spellcheck: 'false' });
      const { place, show } = refusalPlace();
      const plan = h('div', { class: 'preview', role: 'status' }, 'Not checked yet.');
      const wish = () => ({ ...(image.value.trim() !== '' && { image: image.value.trim() }), ...readEnv(env.value) });
      const begin = actButton(
        'Deploy',
        async () => {
          this.#take(await post('api/deploy', wish()));
          close();
        },
        show,
        { className: 'primary', disabled: true },
      );
      const check = actButton(
        'Check',
        async () => {
          /** @type {DeployView} */
          const { status, changes } = await post('api/deploy', { ...wish(), dryRun: true });
          plan.textContent =
            status === 'unchanged'
              ? 'That runs already: there is nothing to do.'
              : `It would change ${changes.join(', ')}.`;
          begin.disabled = status === 'unchanged';
        },
        show,
        { submits: true },
      );
      for (const input of [image, env])
        input.addEventListener('input', () => {
          begin.disabled = true;
          plan.textContent = 'Not checked yet.';
        });
      return [
        h(
          'p',
          {},
          'One replica after the other gets a new instance in its own place. No request is lost and no key moves; the first that fails takes the deploy back.',
        ),
        runtime === 'docker' ? field('Image', image, 'Left empty: the one in force, resolved anew.') : undefined,
        field('Environment', env, 'One a line: NAME=value sets, NAME alone takes away; all others stay.'),
        plan,
        place,
        h('div', { class: 'buttons' }, closeButton(close, 'Cancel'), check, begin),
      ];
    });
  }

  /** @param {DeployView} view */
  #take(view) {
    this.#show(view);
    if (view.startedAt !== null && view.endedAt === null) this.#stream.start();
  }

  /** @param {DeployView} view */
  #ended(view) {
    this.#stream.stop();
    this.#show(view);
  }

  /** Parts stay where they are, so that the focus does, and only what is new is read out. @param {DeployView} view */
  #show({ status, changes, replicas, reason, startedAt, endedAt }) {
    if (startedAt === null) return;
    this.#place.hidden = false;
    setAttributes(this.#status, { class: `state ${TONES[status] ?? 'still'}` });
    setText(this.#status, status);
    setText(this.#what, changes.length > 0 ? ` of ${changes.join(', ')}` : '');
    setAttributes(this.#reason, { hidden: reason === null });
    setText(this.#reason, reason ?? '');
    keyed(
      this.#steps,
      replicas,
      ({ name }) => name,
      () => h('li'),
      (item, { name, step, reason: why }) => {
        setAttributes(item, { class: `state ${STEPS[step] ?? 'still'}`, title: why });
        setText(item, `${name}: ${step}`);
      },
    );
    this.#offer(endedAt === null ? 'under way' : status === 'rolled-out' ? 'rolled out' : 'ended');
  }

  /** @param {string} course what one can do about it depends on */
  #offer(course) {
    if (course === this.#offered) return;
    this.#offered = course;
    const focused = this.#buttons.contains(document.activeElement);
    const back = async () => this.#take(await ask('api/deploy', { method: 'DELETE' }));
    const before = async () => this.#take(await post('api/deploy/rollback'));
    const hide = () => {
      this.#place.hidden = true;
      byId('open-deploy').focus();
    };
    this.#refusal.show();
    this.#buttons.replaceChildren(
      ...(course === 'under way' ? [actButton('Take it back', back, this.#refusal.show)] : []),
      ...(course === 'rolled out' ? [actButton('Back to what ran before', before, this.#refusal.show)] : []),
      ...(course === 'under way' ? [] : [closeButton(hide, 'Hide')]),
    );
    if (focused) child(this.#buttons, -1).focus();
  }
}

/** @param {string} text @returns {{ env?: Record<string, string | null> }} what POST /api/deploy lays over the environment in force */
export function readEnv(text) {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (lines.length === 0) return {};
  const pairs = lines.map((line) => {
    const at = line.indexOf('=');
    return at < 0 ? [line, null] : [line.slice(0, at).trim(), line.slice(at + 1)];
  });
  return { env: Object.fromEntries(pairs) };
}
