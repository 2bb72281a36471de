/** Where the addresses of the model's pods really are: each of their ports is a port of the loopback address. */
export interface Addresses {
  bind(address: string, port: number, realPort: number): void;
  /** Nobody is at the address any more. */
  release(address: string): void;
  /** Undefined: a connection there is refused. */
  realPortOf(address: string, port: number): number | undefined;
}

/** Makes an empty network. */
export function createAddresses(): Addresses {
  const real = new Map<string, Map<number, number>>();
  return {
    bind: (address, port, realPort) => {
      real.set(address, (real.get(address) ?? new Map<number, number>()).set(port, realPort));
    },
    release: (address) => void real.delete(address),
    realPortOf: (address, port) => real.get(address)?.get(port),
  };
}
