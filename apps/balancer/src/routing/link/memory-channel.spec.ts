import { describe, expect, it } from '@jest/globals';
import { memoryChannel } from './memory-channel.js';

describe('a channel in memory', () => {
  it('delivers copies, in order, and never inside a send', async () => {
    const [left, right] = memoryChannel<{ list: number[] }, never>();
    const received: number[][] = [];
    right.onMessage(({ list }) => received.push(list));
    const message = { list: [1] };
    left.send(message);
    message.list.push(2);
    left.send(message);
    expect(received).toEqual([]);
    await new Promise(setImmediate);
    expect(received).toEqual([[1], [1, 2]]);
  });

  it('keeps what comes before anybody listens', async () => {
    const [left, right] = memoryChannel<string, never>();
    left.send('early');
    await new Promise(setImmediate);
    const received: string[] = [];
    right.onMessage((text) => received.push(text));
    expect(received).toEqual(['early']);
  });

  it('tells both ends once that it is closed, and ignores what is sent then', async () => {
    const [left, right] = memoryChannel<string, string>();
    const told: string[] = [];
    left.onClose(() => told.push('left'));
    right.onClose(() => told.push('right'));
    right.onMessage((text) => told.push(text));
    left.send('before');
    left.close();
    left.send('after');
    await new Promise(setImmediate);
    right.onClose(() => told.push('late'));
    await new Promise(setImmediate);
    expect(told.sort()).toEqual(['before', 'late', 'left', 'right']);
  });
});
