import { GROUP } from './elastiservice.ts';

/** KEDA stops scaling while this is there, unless its value is a false boolean. */
export const PAUSED_ANNOTATION = 'autoscaling.keda.sh/paused';
/** KEDA scales to this number and then stops: an unguarded scale. We never set it; KubeElasti set it to 0. */
export const PAUSED_REPLICAS_ANNOTATION = 'autoscaling.keda.sh/paused-replicas';
/** Our mark on a pause: the uid of the ElastiService that paused. A pause without it is somebody else's. */
export const PAUSED_BY_ANNOTATION = `${GROUP}/paused-by`;

type Annotations = Readonly<Record<string, string>>;
type AnnotationChange = Readonly<Record<string, string | null>>;

/** What Go's strconv.ParseBool reads as false; KEDA takes everything else as paused. */
const FALSE = ['0', 'f', 'F', 'FALSE', 'false', 'False'];

const isHeldAtZero = (annotations: Annotations) => annotations[PAUSED_REPLICAS_ANNOTATION] === '0';

/** Who paused a ScaledObject. `paused-replicas: "0"` is KubeElasti's, and so counts as ours. */
export function pausedBy(annotations: Annotations): 'nobody' | 'elasti' | 'other' {
  if (annotations[PAUSED_BY_ANNOTATION] !== undefined || isHeldAtZero(annotations)) return 'elasti';
  if (annotations[PAUSED_REPLICAS_ANNOTATION] !== undefined) return 'other';
  const paused = annotations[PAUSED_ANNOTATION];
  return paused === undefined || FALSE.includes(paused) ? 'nobody' : 'other';
}

/** Whether KEDA rests under a mark of ours, with nothing left to write. */
export function isPausedByMark(annotations: Annotations): boolean {
  const isMarked = annotations[PAUSED_BY_ANNOTATION] !== undefined;
  return isMarked && annotations[PAUSED_ANNOTATION] === 'true' && !isHeldAtZero(annotations);
}

/** The change that pauses and leaves our mark. */
export function pauseChange(annotations: Annotations, uid: string): AnnotationChange {
  return {
    [PAUSED_ANNOTATION]: 'true',
    [PAUSED_BY_ANNOTATION]: uid,
    ...(isHeldAtZero(annotations) ? { [PAUSED_REPLICAS_ANNOTATION]: null } : {}),
  };
}

/** The change that takes a pause of ours away, whichever ElastiService set it; undefined where none is ours. */
export function unpauseChange(annotations: Annotations): AnnotationChange | undefined {
  if (pausedBy(annotations) !== 'elasti') return undefined;
  return {
    ...(PAUSED_BY_ANNOTATION in annotations ? { [PAUSED_BY_ANNOTATION]: null } : {}),
    ...(PAUSED_ANNOTATION in annotations ? { [PAUSED_ANNOTATION]: null } : {}),
    ...(isHeldAtZero(annotations) ? { [PAUSED_REPLICAS_ANNOTATION]: null } : {}),
  };
}
