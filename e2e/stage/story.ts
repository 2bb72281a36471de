import type { ResolverKind } from './client.ts';
import type { Stage } from './stage.ts';

/** A whole story with real objects; its name is the sentence that it proves. */
export interface Story {
  readonly name: string;
  /** Namespace, after `story-`. */
  readonly slug: string;
  /** It stops or breaks what others rely on, and so is told when nothing else is. */
  readonly isAlone?: boolean;
  /** The resolvers that it can be told with. Default: any. */
  readonly resolvers?: readonly ResolverKind[];
  /** It cannot be told where the hook service watches by itself. */
  readonly needsRelated?: boolean;
  /** It needs the real Metacontroller. */
  readonly needsRealMetacontroller?: boolean;
  /** It looks back at what happened in all of them. */
  readonly needsAllStories?: boolean;
  readonly tell: (stage: Stage) => Promise<void>;
}
