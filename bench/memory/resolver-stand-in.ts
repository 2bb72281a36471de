import { createServer } from 'node:http';

/** Where the hook service asks resolvers. */
const PORT = 8013;

/** A resolver that listens on every port that is claimed, and has no connections. */
export function startResolverStandIn(address: string, claimedPorts: () => readonly number[]): { close(): void } {
  const server = createServer((request, response) => {
    const answer = request.url === '/ports' ? { listening: claimedPorts() } : { services: {} };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer));
  }).listen(PORT, address);
  return {
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
