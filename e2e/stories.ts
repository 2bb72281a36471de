import type { Story } from './stage/story.ts';
import { activeTrigger } from './stories/active-trigger.ts';
import { byHand } from './stories/by-hand.ts';
import { commandLine } from './stories/command-line.ts';
import { deleted, deletedInForeground, deletedWithoutTarget } from './stories/deleted.ts';
import { dryRun } from './stories/dry-run.ts';
import { editedService } from './stories/edited-service.ts';
import { everyRightUsed } from './stories/every-right-used.ts';
import { firstRequest } from './stories/first-request.ts';
import { gitOps } from './stories/git-ops.ts';
import { hookKilled } from './stories/hook-killed.ts';
import { idleCost } from './stories/idle-cost.ts';
import { idleSleep } from './stories/idle-sleep.ts';
import { keda } from './stories/keda.ts';
import { zeroAfterTimeout, zeroAfterWake } from './stories/late-zero.ts';
import { metacontrollerDown } from './stories/metacontroller-down.ts';
import { migration } from './stories/migration.ts';
import { namespaceDeleted } from './stories/namespace-deleted.ts';
import { namespaced } from './stories/namespaced.ts';
import { noHookService } from './stories/no-hook-service.ts';
import { nothingForbidden } from './stories/nothing-forbidden.ts';
import { observeOnly } from './stories/observe-only.ts';
import { prometheusStopped } from './stories/prometheus-stopped.ts';
import { resolverReplaced } from './stories/resolver-replaced.ts';
import { resolversRolled } from './stories/resolvers-rolled.ts';
import { rollout } from './stories/rollout.ts';
import { samples } from './stories/samples.ts';
import { statefulSet } from './stories/stateful-set.ts';
import { statusWiped } from './stories/status-wiped.ts';
import { tokenRotated } from './stories/token-rotated.ts';
import { twoMetacontrollers } from './stories/two-metacontrollers.ts';
import { twoOnOneService } from './stories/two-on-one-service.ts';
import { twoOnOneTarget } from './stories/two-on-one-target.ts';
import { twoPorts } from './stories/two-ports.ts';

/** All stories. The first is the longest, so that the others run beside it; those that need the cluster to themselves come last. */
export const STORIES: readonly Story[] = [
  idleCost,
  idleSleep,
  firstRequest,
  activeTrigger,
  byHand,
  commandLine,
  editedService,
  twoPorts,
  statefulSet,
  rollout,
  keda,
  gitOps,
  deleted,
  deletedWithoutTarget,
  deletedInForeground,
  namespaceDeleted,
  samples,
  zeroAfterWake,
  zeroAfterTimeout,
  twoOnOneService,
  twoOnOneTarget,
  prometheusStopped,
  statusWiped,
  dryRun,
  resolverReplaced,
  resolversRolled,
  hookKilled,
  noHookService,
  metacontrollerDown,
  namespaced,
  migration,
  observeOnly,
  tokenRotated,
  twoMetacontrollers,
  nothingForbidden,
  everyRightUsed,
];
