// What the command line takes, and how it refuses the rest.
import { describe, expect, it } from '@jest/globals';
import { readOrder, usage, UsageError } from './options.js';

const IDS = ['kill', 'freeze', 'steady'];
const read = (...args: string[]) => readOrder(args, IDS);

describe('the command line of the drills', () => {
  it('means all drills on both runtimes when it says nothing', () => {
    expect(read()).toMatchObject({ drills: IDS, runtimes: ['process', 'docker'], rate: undefined, help: false });
    expect(read('all').drills).toEqual(IDS);
  });

  it('takes names in any order and carries them out in that of the list', () => {
    expect(read('steady', 'kill').drills).toEqual(['kill', 'steady']);
  });

  it('takes numbers, a runtime and a folder', () => {
    const args = [
      '--runtime',
      'docker',
      '--rate',
      '50',
      '--seconds',
      '9',
      '--events',
      '10',
      '--seed',
      '3',
      '--out',
      'x',
    ];
    expect(read('kill', ...args)).toMatchObject({
      runtimes: ['docker'],
      rate: 50,
      seconds: 9,
      events: 10,
      seed: 3,
      out: 'x',
    });
  });

  it.each([
    [['nope'], 'there is no drill nope'],
    [['--runtime', 'podman'], '--runtime podman'],
    [['--rate', '0'], '--rate 0'],
    [['--rate', '1.5'], '--rate 1.5'],
    [['--rate', 'fast'], '--rate fast'],
    [['--seconds', '1'], '--seconds 1'],
    [['--events', '10001'], '--events 10001'],
    [['--seed', '-1'], '--seed'],
    [['--what'], '--what'],
  ])('refuses %j and says what is wrong', (args, message) => {
    expect(() => readOrder(args, IDS)).toThrow(UsageError);
    expect(() => readOrder(args, IDS)).toThrow(message);
  });

  it('is explained with every drill and every option', () => {
    for (const word of [...IDS, '--runtime', '--rate', '--seconds', '--events', '--seed', '--out', '--draw'])
      expect(usage(IDS)).toContain(word);
  });
});
