import type { ElastiServiceSpec } from '../api/elastiservice.ts';
import type { SpanContext } from '../telemetry/traces/span.ts';

// What the resolver's data path needs from the world, as narrow interfaces: the cluster behind them is real, or a model.

/** One claimed port: connections that arrive on it belong to one port of one Service. */
export interface Claim {
  readonly resolverPort: number;
  readonly namespace: string;
  /** Name and UID of the ElastiService that the port was claimed for. */
  readonly elastiService: string;
  readonly uid: string;
  readonly service: string;
  readonly privateService: string;
  readonly privateServiceUid: string;
  readonly port: number;
  /** Empty where the Service has a single unnamed port. */
  readonly portName: string;
}

/** What an ElastiService asks of the resolver, defaults filled in. */
export interface RouteSettings {
  readonly holdSeconds: number;
  readonly maxHeldConnections: number;
  readonly hasColdStartHeader: boolean;
  readonly hasWaitingPage: boolean;
  readonly probeResponses: NonNullable<ElastiServiceSpec['probeResponse']>;
  /** How long an open connection may send nothing before it wakes; undefined: silence never wakes. */
  readonly silentWakeMs: number | undefined;
}

/** A claimed port with all that its connections need to know. */
export interface Route extends Claim {
  readonly settings: RouteSettings;
}

/** A pod's address and port that is ready to be dialled. */
export interface PodEndpoint {
  readonly address: string;
  readonly port: number;
}

/** Gives a function that ends the subscription. */
export type Unsubscribe = () => void;

/** The claimed ports, live. */
export interface Routes {
  current(): readonly Route[];
  /** Told after each change. */
  subscribe(onChange: () => void): Unsubscribe;
}

/** Ready pod endpoints behind the private Services, live. */
export interface Endpoints {
  /** Only endpoints of slices that the private Service with the claim's UID owns. */
  readyFor(claim: Claim): readonly PodEndpoint[];
  /** Told after each change of that private Service's endpoints. */
  subscribe(claim: Claim, onChange: () => void): Unsubscribe;
}

/**
 * Starts one wake; resolves when it is recorded, rejects when it is not. Never called twice at once for one service. `cause`
 * is the span of a connection that waits for it.
 */
export type SendWake = (claim: Claim, held: number, cause?: SpanContext) => Promise<void>;
