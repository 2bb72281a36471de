import { run } from '../cluster/shell.ts';
import type { Source } from '../stage/echo-client.ts';

const FIRST_PORT = 20_000;
const LAST_PORT = 60_000;
const ADDRESSES = Array.from({ length: 8 }, (_, index) => `10.244.0.${11 + index}`);

/** Of the canary's servers. */
export const CANARY_ADDRESS = '10.244.0.19';

/** Adds the addresses that clients have, and the canary's: from one alone, ports would soon be used again while connections linger. */
export async function addClientAddresses(): Promise<void> {
  const commands = [...ADDRESSES, CANARY_ADDRESS].map((address) => `addr replace ${address}/32 dev lo`);
  await run('ip', ['-batch', '-'], commands.join('\n'));
}

/** Gives each connection an address and a port that none had before, for as long as there are any. */
export function createSources(): () => Source {
  let used = 0;
  return () => {
    const turn = used++;
    const round = Math.floor(turn / ADDRESSES.length);
    return {
      localAddress: ADDRESSES[turn % ADDRESSES.length] ?? '',
      localPort: FIRST_PORT + (round % (LAST_PORT - FIRST_PORT)),
    };
  };
}

export const isClientAddress = (address: string): boolean => ADDRESSES.includes(address);
