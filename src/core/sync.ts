import { hash } from 'node:crypto';
import type { Child } from '../api/hooks.ts';
import { withReady } from './conditions.ts';
import { makeWakePatch } from './decide-raise.ts';
import { TRIGGER_ACTIVE } from './demand.ts';
import type { Decision, Plan } from './phase.ts';
import { probeRuleEvents } from './probe-rules.ts';
import { listChildren, observedChildren } from './resources/children.ts';
import { finishStatus, makeStatus } from './status.ts';
import { makeEvents } from './transitions.ts';
import type { ScalePatch, SyncResult } from './types.ts';
import type { View } from './view.ts';

/**
 * The answer to one /sync: what the children should be, what the status is, when to look again, and what is to be
 * done to the target, as data. The same observation, `now` included, always gives the same answer.
 */
export function sync({ view, decision }: Plan): SyncResult {
  if (decision === undefined) return keepEverything(view);

  const status = makeStatus(view, decision);
  const slices = decision.isRedirected ? slicesOf(view, decision) : [];
  const patches = keepZeroStepApart(decision.patches, view, slices);
  return {
    status,
    children: listChildren({ privateService: privateServiceOf(view), slices }),
    resyncAfterSeconds: decideResync(view, decision, patches),
    scalePatches: patches,
    events: [...makeEvents(view, decision, status), ...probeRuleEvents(view)],
  };
}

// While we only observe, one that is there stays, and none is made.
const privateServiceOf = ({ settings, facts, privateService }: View): Child | undefined =>
  settings.isObserveOnly && facts.privateService === undefined && facts.slices.size === 0 ? undefined : privateService;

// Blocked adds no slice: it only goes on with those that hold traffic already.
function slicesOf({ slices, facts }: View, { phase }: Decision): readonly Child[] {
  return phase === 'Blocked' ? slices.filter((slice) => facts.slices.has(slice.metadata.name)) : slices;
}

// Replicas never go to 0 in an answer that changes a child: the zero step rests on what the request showed.
function keepZeroStepApart(
  patches: readonly ScalePatch[],
  view: View,
  slices: readonly Child[],
): readonly ScalePatch[] {
  const isAllThere = view.redirectedSince !== undefined && slices.length > 0;
  return isAllThere ? patches : patches.filter((patch) => patch.kind !== 'sleep');
}

/** With an effect under way, how soon to see what came of it, in seconds; failed wakes are tried ever more seldom. */
const EFFECT_SECONDS = 2;
const MIN_RESYNC_SECONDS = 0.1;
const PENDING_SECONDS = 1;
const TROUBLE_SECONDS = 1;

/**
 * Where we watch ourselves, and ask for a sync when an answer would differ, Metacontroller asks this often all the same: ten minutes
 * on average, 400 to 800 s, so that thousands that were asked about in one go are not so again.
 */
const MAX_UNASKED_SECONDS = 800;

function decideResync(view: View, decision: Decision, patches: readonly ScalePatch[]): number {
  const { settings } = view;
  const seconds = secondsToNextLook(view, decision, patches);
  return settings.observedBy === 'watch' && isAtRest(view, decision, patches) && seconds >= settings.pollSeconds
    ? Math.min(unaskedSeconds(view), periodLeftSeconds(view))
    : seconds;
}

const unaskedSeconds = ({ facts: { elastiService } }: View): number =>
  MAX_UNASKED_SECONDS * (1 - shareOf(elastiService.uid) / 2);

/** From 0 to 1, evenly spread over uids. */
const shareOf = (uid: string): number => Number.parseInt(hash('sha256', uid).slice(0, 8), 16) / 0xffff_ffff;

/** Nothing is under way that the next sync must see: what it waits for are the triggers, the calendar or an event. */
function isAtRest(view: View, { phase }: Decision, patches: readonly ScalePatch[]): boolean {
  const { demand, wake, resolverTrouble, facts } = view;
  const isUnderWay = patches.length > 0 || wake !== undefined || resolverTrouble !== undefined;
  // What is up and redirected still is on its way out of that.
  const isLeaving = phase === 'Draining' || (phase === 'Serving' && facts.slices.size > 0);
  return !isUnderWay && demand.state !== 'pending' && !isLeaving;
}

/** When the answer to a plan may differ next for all that is known, in seconds; undefined: Metacontroller's timer comes first. */
export function nextLookSeconds({ view, decision }: Plan, patches: readonly ScalePatch[]): number | undefined {
  if (decision === undefined || !isAtRest(view, decision, patches)) return undefined;
  const seconds = secondsToNextLook(view, decision, patches);
  return seconds >= view.settings.pollSeconds || view.facts.slices.size === 0 ? seconds : undefined;
}

/** What nobody tells of, such as a resolver that lost a port, is looked for this often where it cannot change what is done. */
const UNTOLD_SECONDS = 300;

/**
 * How long the answer stays what it is for as long as a trigger is active and nothing is heard of, in seconds; undefined: it rests on
 * more than that.
 */
export function activeForSeconds({ view, decision }: Plan, patches: readonly ScalePatch[]): number | undefined {
  const isKeptByTrigger = decision?.phase === 'Serving' && decision.reason === TRIGGER_ACTIVE;
  if (!isKeptByTrigger || view.facts.slices.size > 0 || !isAtRest(view, decision, patches)) return undefined;
  return Math.min(UNTOLD_SECONDS * (1 - shareOf(view.facts.elastiService.uid) / 2), periodLeftSeconds(view));
}

function secondsToNextLook(view: View, { againInSeconds, phase }: Decision, patches: readonly ScalePatch[]): number {
  const { settings, wake } = view;
  const bounds = [againInSeconds];
  if (patches.length > 0) bounds.push(retrySeconds(view));
  if (view.resolverTrouble !== undefined) bounds.push(troubleSeconds(view));
  // A trigger's late answer waits for the next call, and is too old for a decision a poll later.
  if (view.demand.state === 'pending') bounds.push(PENDING_SECONDS);
  if (wake !== undefined && phase !== 'Blocked')
    bounds.push(Math.min(settings.pollSeconds, 2 * settings.zeroDeadlineSeconds));
  bounds.push(periodLeftSeconds(view));
  const seconds = Math.max(MIN_RESYNC_SECONDS, Math.min(...bounds));
  return Math.ceil(seconds * 1000) / 1000;
}

/** Until the calendar lets it sleep, or forbids it. */
const periodLeftSeconds = ({ period, now }: View): number =>
  'until' in period && period.until !== undefined
    ? (period.until.getTime() - now.getTime()) / 1000
    : Number.POSITIVE_INFINITY;

function retrySeconds({ last, now, settings }: View): number {
  const failing = last.conditions?.find(
    (c) => c.type === 'Ready' && c.status === 'False' && c.reason.startsWith('Scale'),
  );
  if (failing === undefined) return EFFECT_SECONDS;
  const failingFor = (now.getTime() - Date.parse(failing.lastTransitionTime)) / 1000;
  return Math.min(settings.pollSeconds, Math.max(EFFECT_SECONDS, failingFor / 2));
}

// A claimed port is listened on within moments; what lasts longer is looked at ever more seldom.
function troubleSeconds({ last, now, settings }: View): number {
  const before = last.conditions?.find(({ type, status }) => type === 'ResolverPorts' && status !== 'True');
  const lastsFor = before === undefined ? 0 : (now.getTime() - Date.parse(before.lastTransitionTime)) / 1000;
  return Math.min(settings.pollSeconds, Math.max(TROUBLE_SECONDS, lastsFor / 2));
}

/** A kind was missing from the request, so nothing is concluded from it: all stays, and a wake is still answered. */
function keepEverything(view: View): SyncResult {
  const { facts, last, now, settings } = view;
  const isRaiseDue = view.wake !== undefined && view.replicas === 0;
  // Another replica may see what we do not: two that tell of it by turns would write for ever.
  const isForOthersToTell = settings.observedBy === 'watch' && last.phase !== undefined;
  const message = 'Metacontroller did not send all that was asked for; nothing is changed until it does';
  return {
    status: finishStatus(view, {
      ...last,
      conditions: isForOthersToTell
        ? last.conditions
        : withReady(
            { status: 'Unknown', reason: 'ObservationIncomplete', message },
            { previous: last.conditions, now, generation: facts.elastiService.generation },
          ),
    }),
    children: listChildren(observedChildren(facts)),
    resyncAfterSeconds: isRaiseDue ? Math.min(EFFECT_SECONDS, settings.pollSeconds) : settings.pollSeconds,
    scalePatches: isRaiseDue ? [makeWakePatch(view, 'Wake')] : [],
    events: [],
  };
}
