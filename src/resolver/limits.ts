/** Bounds on what one resolver process holds for all services together; RouteSettings bounds the connections of one. */
export interface ResolverLimits {
  /** Connections that have not reached a pod. Each will need two file descriptors. */
  readonly maxHeldConnections: number;
  /** Bytes read from them before there is a pod to send them to. */
  readonly maxHeldBytes: number;
  /** Of these, bytes that one connection may have; the rest waits in the kernel. */
  readonly maxHeldBytesPerConnection: number;
  /** Of connections and bytes, the part that one service may have at most. */
  readonly serviceShare: number;
  /** Connections being opened to one pod at once: what does not fit a pod's accept queue is lost for a second. */
  readonly maxDialsPerPod: number;
}

export const DEFAULT_LIMITS: ResolverLimits = {
  maxHeldConnections: 20_000,
  maxHeldBytes: 256 * 1024 * 1024,
  maxHeldBytesPerConnection: 64 * 1024,
  serviceShare: 0.5,
  maxDialsPerPod: 256,
};

/** Connections are dialled this many at a time, so that other sockets get their turn. */
export const DIALS_PER_TURN = 64;
/** Dials to a pod that does not answer are repeated this often; also how finely hold and silence times are kept. */
export const TICK_MS = 25;
/** A dial without an answer is begun anew after this, and twice as long each next time. */
export const DIAL_TIMEOUT_MS = 250;
export const MAX_DIAL_TIMEOUT_MS = 4000;
/** The wake is repeated this often while anything is held. */
export const WAKE_REPEAT_MS = 5000;
export const WAKE_RETRY_MS = 1000;
/** Silence before a wake where nothing is set and pods are ready: time for a probe to show itself. */
export const LOOK_MS = 200;
/** A kept-alive connection may rest this long between two probes. */
export const IDLE_MS = 75_000;
/** After our last answer the client may go on sending this long, unread, so that a reset does not overtake the answer. */
export const LINGER_MS = 2000;
/** Connections beyond the limits that are let in to be told so; more are reset at once. */
export const MAX_REFUSING = 1000;
/** Heads of requests and answers longer than this are passed on without being looked at. */
export const MAX_HEAD_BYTES = 8 * 1024;
/** Keep-alive probes find a vanished peer that a silent connection would never tell of. */
export const KEEP_ALIVE_DELAY_MS = 15_000;
/** Whose peer is gone after its end may go on saying things this long, as Linux allows it (tcp_fin_timeout). */
export const UNHEARD_MS = 60_000;
/** A service without connections is reported this long after its last byte. */
export const REPORTED_FOR_MS = 10 * 60_000;
/** A port serves on for this long after its claim is gone: a kube-proxy may hear late that no slice names it any more. */
export const UNCLAIMED_PORT_MS = 30_000;
/** Only to pods that were ready until this long before: the addresses of others may be somebody else's by then. */
export const LAST_READY_MS = 10_000;
