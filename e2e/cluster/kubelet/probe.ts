import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';
import { connect } from 'node:net';
import type { Container, Probe } from './pod.ts';

/** One attempt; never throws. */
export function attempt(probe: Probe, container: Container, host: string): Promise<boolean> {
  const timeout = (probe.timeoutSeconds ?? 1) * 1000;
  if (probe.httpGet) return attemptHttp(probe.httpGet, { host, port: portOf(probe.httpGet.port, container), timeout });
  if (probe.tcpSocket) return attemptTcp({ host, port: portOf(probe.tcpSocket.port, container), timeout });
  return Promise.resolve(false);
}

interface Target {
  readonly host: string;
  readonly port: number;
  readonly timeout: number;
}

function attemptHttp({ scheme, path = '/', httpHeaders = [] }: NonNullable<Probe['httpGet']>, target: Target) {
  const headers = Object.fromEntries(httpHeaders.map(({ name, value }) => [name, value]));
  const get = scheme === 'HTTPS' ? httpsGet : httpGet;
  return new Promise<boolean>((resolve) => {
    // A kubelet does not check the certificate either.
    const options = { ...target, path, headers, agent: false, rejectUnauthorized: false };
    const request = get(options, ({ statusCode = 0 }) => {
      resolve(statusCode >= 200 && statusCode < 400);
      request.destroy();
    });
    request.on('timeout', () => request.destroy()).on('error', () => resolve(false));
    // `timeout` counts silence only.
    setTimeout(() => request.destroy(), target.timeout).unref();
    request.on('close', () => resolve(false));
  });
}

function attemptTcp(target: Target): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(target);
    const answer = (accepted: boolean) => () => {
      socket.destroy();
      resolve(accepted);
    };
    socket.on('connect', answer(true)).on('error', answer(false)).on('timeout', answer(false));
  });
}

function portOf(port: number | string, { ports = [] }: Container): number {
  if (typeof port === 'number') return port;
  return ports.find(({ name }) => name === port)?.containerPort ?? 0;
}
