import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { printLine } from '../print.ts';
import { startChild } from './child.ts';
import type { Answer } from './resolver-process.ts';

const MIB = 1024 * 1024;
const BLOCK = Buffer.alloc(64 * 1024, 'U');

/** What a listener costs that nobody connects to. */
export async function measureListeners(firstPort: number, count: number): Promise<void> {
  const resolver = await startChild('resolver-process.ts');
  const before = await resolver.ask<Answer>({ memory: true });
  const startedAtMs = performance.now();
  await resolver.ask({ listen: Array.from({ length: count }, (_, i) => firstPort + i) });
  const tookMs = performance.now() - startedAtMs;
  const bytes = (await resolver.ask<Answer>({ memory: true })).rss - before.rss;
  printLine(
    `\n${count} listeners: ${(bytes / MIB).toFixed(0)} MiB, ${(bytes / 1024 / count).toFixed(1)} KiB each, in ${tookMs.toFixed(0)} ms`,
  );
  const idle = await resolver.ask<Answer>({});
  await sleep(2000);
  const cpuMs = (await resolver.ask<Answer>({})).cpuMs - idle.cpuMs;
  printLine(`  CPU while nothing happens: ${(cpuMs / 2).toFixed(1)} ms a second`);
  await resolver.stop();
}

/** Whether a download and an upload of a GiB each, at once, leave the memory as it is. */
export async function measureBulk(port: number, bytes: number): Promise<void> {
  const [pod, resolver] = await Promise.all([startChild('pod.ts'), startChild('resolver-process.ts')]);
  const { port: podPort } = await pod.ask<{ port: number }>({ listen: 0 });
  await resolver.ask({ listen: [port], pod: podPort });
  await Promise.all([download(port, 16 * MIB), upload(port, 16 * MIB)]);
  const before = await resolver.ask<Answer>({ memory: true });

  let highest = 0;
  let isOver = false;
  const startedAtMs = performance.now();
  const watch = async () => {
    while (!isOver) {
      highest = Math.max(highest, (await resolver.ask<Answer>({})).rss);
      await sleep(100);
    }
  };
  const watched = watch();
  await Promise.all([download(port, bytes), upload(port, bytes)]);
  const tookMs = performance.now() - startedAtMs;
  isOver = true;
  await watched;
  await Promise.all([pod.stop(), resolver.stop()]);
  printLine(
    `\n${bytes / MIB} MiB down and as many up at once: ${((2 * bytes) / MIB / (tookMs / 1000)).toFixed(0)} MiB/s; ` +
      `memory ${(before.rss / MIB).toFixed(0)} MiB before, at most ${(highest / MIB).toFixed(0)} MiB on the way`,
  );
}

function download(port: number, bytes: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(`D${bytes}`));
    let received = 0;
    socket.on('data', (chunk) => {
      received += chunk.length;
    });
    socket.on('end', () =>
      received === bytes ? resolve() : reject(new Error(`received ${received} of ${bytes} bytes`)),
    );
    socket.on('error', reject);
  });
}

function upload(port: number, bytes: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = bytes;
    let answer = '';
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => fill());
    const fill = (): void => {
      while (left > 0) {
        const block = left < BLOCK.length ? BLOCK.subarray(0, left) : BLOCK;
        left -= block.length;
        if (!socket.write(block)) {
          socket.once('drain', fill);
          return;
        }
      }
      socket.end();
    };
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('end', () => (answer === String(bytes) ? resolve() : reject(new Error(`the pod got ${answer} bytes`))));
    socket.on('error', reject);
  });
}
