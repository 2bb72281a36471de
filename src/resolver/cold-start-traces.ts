import type { Clock } from '../effects/ports.ts';
import { createTokenBucket } from '../effects/token-bucket.ts';
import type { Span, SpanContext, Tracer } from '../telemetry/traces/span.ts';
import { parseTraceparent } from '../telemetry/traces/traceparent.ts';
import type { Protocol, RefusalReason } from './events.ts';
import { protocolOf } from './http1/protocol.ts';
import { MAX_HEAD_BYTES } from './limits.ts';
import type { Claim } from './ports.ts';

/** How the hold of a connection ended. */
export type HoldOutcome = 'answered' | 'ended' | 'left' | `refused:${RefusalReason}`;

/** The trace of one connection that is held, from the moment that it waits for a pod to the first byte of that. */
export interface ColdStartTrace {
  readonly context: SpanContext;
  /** It was joined to a pod; readySinceMs: since when there is a ready one. */
  released(how: { readonly readySinceMs: number; readonly protocol: Protocol }): void;
  /** The pod sent its first byte, this long after it was asked. */
  firstByte(seconds: number): void;
  /** Nothing more comes. Only the first call counts. */
  end(outcome: HoldOutcome): void;
}

export interface ColdStartTraces {
  /** Undefined where this one is not traced. */
  begin(
    claim: Claim,
    connection: { readonly sinceMs: number; readonly kept: Buffer | undefined; readonly isFirst: boolean },
  ): ColdStartTrace | undefined;
}

export interface ColdStartTracesDeps {
  readonly tracer: Tracer;
  readonly clock: Clock;
}

/** When ten thousand wait, their traces would take more time than they do. */
const RATE = { perSecond: 50, burst: 200 };
const HEADER = /\r?\ntraceparent:[ \t]*([0-9a-f-]{55,200})[ \t]*\r?\n/i;
const HEAD_END = /\r?\n\r?\n/;

/** Traces the first connection that each service holds, and those whose HTTP request belongs to a trace already. */
export function createColdStartTraces({ tracer, clock }: ColdStartTracesDeps): ColdStartTraces {
  const mayTrace = createTokenBucket(clock, RATE);
  return {
    begin: (claim, { sinceMs, kept, isFirst }) => {
      const parent = parseTraceparent(readTraceparent(kept));
      if ((!isFirst && parent === undefined) || !mayTrace()) return undefined;
      return startTrace({ tracer, clock }, { claim, sinceMs, parent });
    },
  };
}

function startTrace(
  { tracer, clock }: ColdStartTracesDeps,
  {
    claim,
    sinceMs,
    parent,
  }: { readonly claim: Claim; readonly sinceMs: number; readonly parent: SpanContext | undefined },
): ColdStartTrace {
  const context = tracer.begin(parent);
  let protocol: Protocol = 'unseen';
  let isOver = false;

  const tellPart = (name: string, times: Pick<Span, 'startMs' | 'endMs'>) =>
    tracer.end(tracer.begin(context), { name, kind: 'internal', parent: context, ...times });

  const end = (outcome: HoldOutcome): void => {
    if (isOver) return;
    isOver = true;
    tracer.end(context, {
      ...{ name: 'held connection', kind: 'server', parent, startMs: sinceMs, endMs: clock.monotonicMs() },
      attributes: {
        'k8s.namespace.name': claim.namespace,
        'elasti.service': claim.service,
        'elasti.elastiservice': claim.elastiService,
        'elasti.protocol': protocol,
        'elasti.outcome': outcome,
      },
      ...(outcome.startsWith('refused') ? { error: outcome } : {}),
    });
  };

  return {
    context,
    released: (how) => {
      const nowMs = clock.monotonicMs();
      const readyMs = Math.max(sinceMs, how.readySinceMs);
      protocol = how.protocol;
      if (readyMs > sinceMs) tellPart('pod ready', { startMs: sinceMs, endMs: readyMs });
      tellPart('dial', { startMs: readyMs, endMs: nowMs });
    },
    firstByte: (seconds) => {
      const endMs = clock.monotonicMs();
      tellPart('first byte', { startMs: endMs - seconds * 1000, endMs });
      end('answered');
    },
    end,
  };
}

/** The header of a request of HTTP/1, whose head is complete. */
function readTraceparent(kept: Buffer | undefined): string | undefined {
  if (kept === undefined || protocolOf(kept) !== 'http1') return undefined;
  const text = kept.toString('latin1', 0, MAX_HEAD_BYTES);
  const end = HEAD_END.exec(text);
  return end ? HEADER.exec(text.slice(0, end.index + 2))?.[1]?.toLowerCase() : undefined;
}
