import { hash } from 'node:crypto';
import type { PrometheusMetadata, Trigger } from '../api/elastiservice.ts';
import { createRecent } from '../core/recent.ts';
import type { Clock } from '../effects/ports.ts';
import { type Answered, createAnswers } from './answers.ts';
import { planHeaders } from './headers.ts';
import type { PrometheusAnswer } from './prometheus-answer.ts';
import type { AskPrometheus, PrometheusQuestion } from './prometheus-client.ts';
import { uptimeQuery, windowQuery } from './prometheus-query.ts';
import type { Reason } from './reasons.ts';
import { resolveServer, type Server, type ServerRules } from './server-guard.ts';
import type { TriggeredService, TriggerType, Verdict } from './trigger-type.ts';

const MAX_ANSWERS = 50_000;
/** Thousands of triggers name the same few. */
const MAX_SERVERS = 500;

/** The trigger type `prometheus`: idle while the value of a query is below the threshold. */
export function createPrometheusTrigger(deps: {
  readonly clock: Clock;
  readonly ask: AskPrometheus;
  readonly settings: ServerRules & { readonly pollSeconds: number; readonly keepFailureSeconds: number };
}): TriggerType {
  const { clock, settings } = deps;
  // Shared: ElastiServices with the same question, asked of the same server with the same headers, ask it once.
  const answers = createAnswers<PrometheusAnswer>({
    clock,
    maxEntries: MAX_ANSWERS,
    keepFailureMs: settings.keepFailureSeconds * 1000,
    isFailure: (answer) => answer.kind === 'failed',
  });
  const servers = createRecent<Server>(MAX_SERVERS);
  const serverOf = (address = ''): ReturnType<typeof resolveServer> => {
    const known = servers.get(address);
    if (known !== undefined) return known;
    const server = resolveServer(address, settings);
    // An address that is refused may hold credentials.
    if (!('reason' in server)) servers.set(address, server);
    return server;
  };
  const askJoining = ({ question, key }: Keyed, joinMs: number) =>
    answers.ask(key, joinMs, (markAsked) => deps.ask(question, markAsked));

  return {
    type: 'prometheus',
    makeProbe(service, trigger) {
      const { metadata } = trigger;
      const question = makeQuestion(service, trigger, serverOf);
      if ('reason' in question) return question;
      const threshold = parseThreshold(metadata.threshold) ?? Number.NaN;
      const key = keyOf(question);
      const instant = { question, key };
      return {
        recall: (maxAgeMs) => {
          const known = answers.recall(key, maxAgeMs);
          return known && judge(known, threshold);
        },
        read: async (maxAgeMs) =>
          judge(answers.recall(key, maxAgeMs) ?? (await askJoining(instant, Number.POSITIVE_INFINITY)), threshold),
        prove: (windowSeconds) => prove({ instant, metadata, threshold, windowSeconds }),
        forget: () => answers.forget(key),
      };
    },
  };

  /** The present comes first: it is younger than the last step of the window, and its type shapes the window's query. */
  async function prove(what: {
    readonly instant: Keyed;
    readonly metadata: PrometheusMetadata;
    readonly threshold: number;
    readonly windowSeconds: number;
  }): Promise<Verdict> {
    const { instant, metadata, threshold, windowSeconds } = what;
    const present = await askJoining(instant, 0);
    const now = judge(present, threshold);
    if (now.state !== 'idle' || present.answer.kind !== 'value') return now;

    const { resultType } = present.answer;
    const [was, uptime] = await Promise.all([
      windowSeconds > 0
        ? askOnce(windowQuery(instant.question.query, { windowSeconds, pollSeconds: settings.pollSeconds, resultType }))
        : present,
      askOnce(uptimeQuery(metadata.uptimeFilter, windowSeconds)),
    ]);
    const past = judge(was, threshold);
    if (past.state === 'active') return { ...past, reason: 'ActiveWithinCooldown' };
    if (past.state === 'failed') return past;
    if (uptime.answer.kind === 'failed') return judge(uptime, threshold);
    return uptime.answer.value === 1 ? now : { ...now, state: 'failed', reason: 'PrometheusWasDown' };

    /** Nobody asks for these again, so they are shared while under way and not remembered. */
    async function askOnce(query: string): Promise<Answered<PrometheusAnswer>> {
      const question: PrometheusQuestion = { ...instant.question, query, several: 'highest' };
      const key = keyOf(question);
      const answered = await askJoining({ question, key }, 0);
      answers.forget(key);
      return answered;
    }
  }
}

function judge({ answer, askedAtMs }: Answered<PrometheusAnswer>, threshold: number): Verdict {
  if (answer.kind === 'failed') return { state: 'failed', reason: answer.reason, askedAtMs };
  if (answer.value < threshold) return { state: 'idle', reason: 'BelowThreshold', askedAtMs };
  return { state: 'active', reason: 'AtOrAboveThreshold', askedAtMs };
}

function parseThreshold(threshold: number | string): number | undefined {
  const text = String(threshold).trim();
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined;
}

/** What a trigger asks for the present, or why that cannot be asked. */
function makeQuestion(
  { namespace }: TriggeredService,
  { metadata }: Trigger,
  serverOf: (address: string | undefined) => ReturnType<typeof resolveServer>,
): PrometheusQuestion | { readonly reason: Reason } {
  if (parseThreshold(metadata.threshold) === undefined) return { reason: 'BadThreshold' };
  const server = serverOf(metadata.serverAddress);
  if ('reason' in server) return server;
  const headers = planHeaders(metadata);
  if (headers === undefined) return { reason: 'BadHeader' };
  return { server, namespace, headers, query: metadata.query, several: 'refused' };
}

/** A question beside the key that it is remembered under. */
interface Keyed {
  readonly question: PrometheusQuestion;
  readonly key: string;
}

/**
 * The same for all who ask one server the same with one set of headers. Secrets enter by name only, and only their own namespace
 * shares them. Hashed, since headers may hold credentials.
 */
function keyOf({ server, namespace, headers, query, several }: PrometheusQuestion): string {
  const secrets = Object.entries(headers.secrets).map(([header, { name, key }]) => [header, namespace, name, key]);
  return hash('sha256', JSON.stringify([server.url.href, headers.values, secrets, query, several]), 'base64');
}
