import { Agent, request } from 'node:http';

/**
 * Asks for addresses in turn from a process of its own, IN_FLIGHT at a time, and sends its parent how long each took in
 * milliseconds and all together. Its arguments: how many requests, the API key, and the addresses.
 */
const [count = '', apiKey = '', ...urls] = process.argv.slice(2);
const IN_FLIGHT = 16;

const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT });
const headers = { 'x-api-key': apiKey };
const times: number[] = [];
let next = 0;
const startMs = performance.now();
const lane = async () => {
  while (next < Number(count)) {
    const url = urls[next % urls.length] ?? '';
    next += 1;
    const sentMs = performance.now();
    await get(url);
    times.push(performance.now() - sentMs);
  }
};
await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
const wholeMs = performance.now() - startMs;
agent.destroy();
process.send?.({ times, wholeMs });

function get(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers, agent }, (response) => {
      response.resume();
      response.once('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`${url} answered ${response.statusCode}`));
      });
    });
    sent.once('error', reject).end();
  });
}
