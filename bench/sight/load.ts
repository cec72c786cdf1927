// Owns the requests of the measurement: as a browser sends them, over a few connections that are kept, one after the other on
// each. Loopback only.
import http from 'node:http';

export const CONNECTIONS = 8;
const HEADERS = {
  accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'accept-language': 'en-US,en;q=0.9,de;q=0.8',
  'accept-encoding': 'gzip, deflate, br',
  'cache-control': 'no-cache',
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36',
  referer: 'http://127.0.0.1/somewhere/else?and=more',
  cookie: 'session=0123456789abcdef0123456789abcdef; theme=dark',
  'sec-fetch-dest': 'document',
  'sec-fetch-mode': 'navigate',
  'x-hash-key': 'somebody',
};

export class Load {
  readonly #port: number;
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS });

  constructor(port: number) {
    this.#port = port;
  }

  /** @throws Error when one is not answered with 200 */
  async send(requests: number): Promise<void> {
    let left = requests;
    await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        while (left-- > 0) await this.#ask();
      }),
    );
  }

  end(): void {
    this.#agent.destroy();
  }

  #ask(): Promise<void> {
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.#port, path: '/home', agent: this.#agent, headers: HEADERS };
      const request = http.get(options, (response) => {
        if (response.statusCode !== 200) reject(new Error(`answered with ${response.statusCode}`));
        response.resume().once('end', resolve);
      });
      request.once('error', reject);
    });
  }
}
