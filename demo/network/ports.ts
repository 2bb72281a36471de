import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';

/** macOS has no other loopback address without set-up. */
export const HOST = '127.0.0.1';

const MAX_TRIES = 100;

/** Listens on the first free port from the wanted one on, or with 0 on any free one; gives the port. */
export async function listenNear(
  server: Pick<Server, 'listen' | 'address' | 'once' | 'off'>,
  wanted: number,
): Promise<number> {
  for (let tries = 0; ; tries++) {
    try {
      server.listen(wanted === 0 ? 0 : wanted + tries, HOST);
      await once(server as Server, 'listening');
      return (server.address() as AddressInfo).port;
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!isTaken || wanted === 0 || tries === MAX_TRIES) throw error;
    }
  }
}

/** Ports that nobody listens on, below those that outgoing connections take theirs from. */
export async function findFreePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const server = createServer();
    ports.add(await listenNear(server, 10_240 + Math.floor(Math.random() * 19_000)));
    server.close();
  }
  return [...ports];
}
