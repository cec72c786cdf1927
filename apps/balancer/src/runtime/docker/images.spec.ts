import { describe, expect, it } from '@jest/globals';
import { parseLdd } from './host-base.js';
import { plainReason } from './images.js';
import { linesOfFrames } from './log-frames.js';

describe('why an image cannot be pulled', () => {
  it.each([
    [
      'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on 10.0.0.1:53: no such host',
      'cannot be resolved',
    ],
    ['Get "http://localhost:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused', 'does not answer'],
    ['Get "https://x/v2/": net/http: request canceled (Client.Timeout exceeded): i/o timeout', 'does not answer'],
    ['the engine did not begin to pull "x" within 8000 ms', 'does not answer'],
    ['no progress for 8 s', 'does not answer'],
    ["pull access denied for x, repository does not exist or may require 'docker login'", 'wants a login'],
    ['manifest for node:nope not found: manifest unknown: manifest unknown', 'no such image or tag'],
    ['no matching manifest for linux/arm64 in the manifest list entries', 'this kind of machine'],
    ['invalid reference format', 'no image reference'],
    ['toomanyrequests: You have reached your pull rate limit', 'limits anonymous pulls'],
    ['something new', 'something new'],
  ])('"%s" is told in plain words', (reason, words) => {
    expect(plainReason(reason)).toContain(words);
  });
});

describe('the libraries of a binary', () => {
  it('are the paths that ldd names, the loader included', () => {
    const glibc = `\tlinux-vdso.so.1 (0x00007ffe)
\tlibdl.so.2 => /lib/x86_64-linux-gnu/libdl.so.2 (0x00007f01)
\tlibgone.so => not found
\t/lib64/ld-linux-x86-64.so.2 (0x00007f02)`;
    expect(parseLdd(glibc)).toEqual(['/lib/x86_64-linux-gnu/libdl.so.2', '/lib64/ld-linux-x86-64.so.2']);
    const musl = `\t/lib/ld-musl-x86_64.so.1 (0x7f3a)\n\tlibstdc++.so.6 => /usr/lib/libstdc++.so.6 (0x7f3b)`;
    expect(parseLdd(musl)).toEqual(['/lib/ld-musl-x86_64.so.1', '/usr/lib/libstdc++.so.6']);
    expect(parseLdd('\tnot a dynamic executable')).toEqual([]);
  });
});

describe('the output of a container', () => {
  const frame = (stream: number, text: string) => {
    const header = Buffer.alloc(8);
    header[0] = stream;
    header.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([header, Buffer.from(text)]);
  };

  it('is read out of its frames, both streams in order', () => {
    expect(
      linesOfFrames(Buffer.concat([frame(1, 'one\n'), frame(2, 'two ä\r\n'), frame(1, 'th'), frame(1, 'ree\n')])),
    ).toEqual(['one', 'two ä', 'three']);
  });

  it('may be empty, or end in half a frame', () => {
    expect(linesOfFrames(Buffer.alloc(0))).toEqual([]);
    expect(linesOfFrames(frame(1, 'cut off').subarray(0, 11))).toEqual(['cut']);
  });
});
