import type { Stage } from './stage.ts';

/** A whole story with real objects; its name is the sentence that it proves. */
export interface Story {
  readonly name: string;
  /** Namespace, after `story-`. */
  readonly slug: string;
  /** It stops or breaks what others rely on, and so is told when nothing else is. */
  readonly isAlone?: boolean;
  /** Cannot be told with KubeElasti's resolver, of which only one can run here, on ports that are taken from the service. */
  readonly needsStandIn?: boolean;
  readonly tell: (stage: Stage) => Promise<void>;
}
