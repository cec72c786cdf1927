import { describe, expect, it } from '@jest/globals';
import { HotKeySurvey } from './hot-key-survey.js';
import type { LaneCommand } from '../lane/lane-messages.js';

function lane() {
  const asked: LaneCommand[] = [];
  const none = () => {};
  return {
    asked,
    send: (command: LaneCommand) => void asked.push(command),
    onMessage: none,
    onClose: none,
    close: none,
  };
}
const sketch = (count: number) => ({ total: count, least: 0, spanMs: 1000, keys: [{ hash: 1, count, error: 0 }] });

describe('asking the lanes for hot keys', () => {
  it('adds up what all of them tell', async () => {
    const survey = new HotKeySurvey();
    const lanes = [lane(), lane()];
    const answer = survey.ask(10, lanes);
    expect(lanes.map(({ asked }) => asked)).toEqual([[{ type: 'hot-keys', id: 1 }], [{ type: 'hot-keys', id: 1 }]]);
    survey.heard(1, sketch(4));
    survey.heard(1, sketch(5));
    expect(await answer).toEqual({ total: 9, spanMs: 1000, keys: [{ hash: 1, count: 9, error: 0 }] });
  });

  it('does not wait for one that is stuck, and takes nothing from it later', async () => {
    const survey = new HotKeySurvey();
    const answer = survey.ask(10, [lane(), lane()]);
    survey.heard(1, sketch(4));
    expect((await answer).total).toBe(4);
    survey.heard(1, sketch(5));
    const next = survey.ask(10, [lane()]);
    survey.heard(1, sketch(6));
    survey.heard(2, sketch(7));
    expect((await next).total).toBe(7);
  });
});
