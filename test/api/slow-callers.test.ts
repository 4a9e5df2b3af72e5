/** X14: a caller that dribbles its headers, or says nothing at all, is sent away, and nobody else waits for it. */
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { openTestApi, type TestApi } from './support/api.ts';

const GONE_MS = 15_000;
const ANSWER_MS = 100;

describe('a slow caller', () => {
  let api: TestApi;
  before(async function () {
    this.timeout(240_000);
    api = await openTestApi();
  });
  after(() => api?.end());

  /** How long the server kept the connection, in milliseconds. */
  const kept = (socket: Socket): Promise<number> => {
    const began = performance.now();
    // What the server says while it closes is read, so that the end is seen; a reset is an end too.
    socket.resume().on('error', () => undefined);
    return new Promise((resolve) => socket.once('close', () => resolve(performance.now() - began)));
  };

  it('of a byte a second is closed within 15 s, as is a silent one, while others are answered in 100 ms', async function () {
    this.timeout(2 * GONE_MS);
    const [dribbling, silent] = [connect(api.port, '127.0.0.1'), connect(api.port, '127.0.0.1')];
    const ends = Promise.all([kept(dribbling), kept(silent)]);
    const request = `GET /livez HTTP/1.1\r\nhost: duly\r\nx-slow: ${'a'.repeat(1000)}`;
    const answers: number[] = [];
    let sent = 0;
    await (await fetch(`${api.url}/livez`)).text();
    const beat = setInterval(() => {
      if (dribbling.writable) dribbling.write(request[sent++] as string);
      const asked = performance.now();
      void fetch(`${api.url}/livez`).then(async (answer) => {
        await answer.text();
        answers.push(answer.status === 200 ? performance.now() - asked : Number.POSITIVE_INFINITY);
      });
    }, 1000);
    const times = await ends;
    clearInterval(beat);
    expect(Math.max(...times)).to.be.below(GONE_MS);
    expect(sent).to.be.above(8);
    expect(answers).to.have.length.above(8);
    // One answer may meet a pause of the machine's own; the middle one tells how others fare.
    expect(answers.toSorted((a, b) => a - b)[Math.floor(answers.length / 2)]).to.be.below(ANSWER_MS);
  });
});
