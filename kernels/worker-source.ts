/**
 * What a worker thread runs, as text: a bundle is one file, and a thread that is started from text needs
 * no second one beside it. It is plain JavaScript of Node's CommonJS, and does nothing but call.
 *
 * Messages in: `{ module, memory }` once; then `{ run, name, job, thread }`, upon which the kernel of that
 * name is called until it says that there is nothing left. Messages out: `{ run }`, or `{ run, error }`.
 */
export const workerSource = `'use strict';
const { parentPort } = require('node:worker_threads');
let kernels;
parentPort.on('message', (message) => {
  if (message.module !== undefined) {
    kernels = new WebAssembly.Instance(message.module, { env: { memory: message.memory } }).exports;
    return;
  }
  const { run, name, job, thread } = message;
  try {
    while (kernels[name](job, thread));
    parentPort.postMessage({ run });
  } catch (error) {
    parentPort.postMessage({ run, error: String(error) });
  }
});
`;
