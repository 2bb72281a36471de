/** Which trace, and which span of it, as hexadecimal digits. */
export interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
}

/** A span that is over. Names and attributes are words of ours and names of objects: nothing that a client or a server says. */
export interface Span {
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client';
  readonly parent?: SpanContext | undefined;
  /** By the monotonic clock. */
  readonly startMs: number;
  readonly endMs: number;
  /** Numbers are whole ones. */
  readonly attributes?: Readonly<Record<string, string | number>>;
  /** A stable code; undefined where it went well. */
  readonly error?: string | undefined;
}

/** Spans are told when they are over; before that there is only their context, which their children need. */
export interface Tracer {
  /** A new span below another one, or of a new trace. */
  begin(parent?: SpanContext): SpanContext;
  /** Never throws and never waits. */
  end(context: SpanContext, span: Span): void;
  /** Runs with this span as the current one, in all that follows from it. */
  within<T>(context: SpanContext, act: () => T): T;
  /** The current span, where there is one. */
  current(): SpanContext | undefined;
  /** Sends what waits, for this long at most, and takes nothing more. */
  close(timeoutMs: number): Promise<void>;
}
