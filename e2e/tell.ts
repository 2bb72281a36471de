import { type TestContext, test } from 'node:test';
import type { Cluster } from './cluster/cluster.ts';
import { createEnvironment, type Environment } from './environment/environment.ts';
import { isWatching } from './environment/overlay.ts';
import { resolverKind } from './stage/client.ts';
import { diagnose, tailSystemLogs } from './stage/diagnosis.ts';
import { createStage, type Stage } from './stage/stage.ts';
import type { Story } from './stage/story.ts';
import { STORIES } from './stories.ts';

const AT_ONCE = 4;
const STORY_LIMIT_MS = 400_000;

export interface TellOptions {
  /** Only stories whose name or slug it matches. */
  readonly only: RegExp;
  readonly isVerbose: boolean;
}

/** Installs everything into the cluster and tells the stories; runs inside its namespace. */
export async function tellStories(cluster: Cluster, { only, isVerbose }: TellOptions): Promise<void> {
  const print = (line: string) => void process.stdout.write(`e2e: ${line}\n`);
  const wanted = STORIES.filter(({ name, slug }) => only.test(name) || only.test(slug));
  if (wanted.length === 0) throw new Error(`no story matches ${only.source}`);

  const environment = await createEnvironment(cluster, (what, ms) => print(`${what}: ${seconds(ms)}`));
  print(`${wanted.length} stories, with the ${environment.metacontroller.kind} Metacontroller`);
  const figures: string[] = [];
  const startedAt = performance.now();
  let failures = 0;

  const isStandIn = environment.metacontroller.kind !== 'real';
  const isSkipped = ({ resolvers, needsRelated, needsRealMetacontroller, needsAllStories }: Story) =>
    resolvers?.includes(resolverKind) === false ||
    (needsRelated === true && isWatching) ||
    (needsRealMetacontroller === true && isStandIn) ||
    (needsAllStories === true && wanted.length < STORIES.length);
  const tell = (context: TestContext, story: Story) =>
    context.test(story.name, { timeout: STORY_LIMIT_MS, skip: isSkipped(story) }, async () => {
      const namespace = `story-${story.slug}`;
      const step = (what: string) =>
        isVerbose && print(`${seconds(performance.now() - startedAt)} ${story.slug}: ${what}`);
      let stage: Stage | undefined;
      try {
        step('begins');
        stage = await createStage(environment, { namespace, step, figure: (figure) => figures.push(figure) });
        await story.tell(stage);
        step('ends');
      } catch (error) {
        failures++;
        await printDiagnosis(environment, namespace, error);
        throw error;
      } finally {
        await stage?.leave();
      }
    });

  await test('stories side by side', { concurrency: AT_ONCE }, async (context) => {
    await Promise.all(wanted.filter(({ isAlone }) => !isAlone).map((story) => tell(context, story)));
  });
  await test('stories that need the cluster to themselves', async (context) => {
    for (const story of wanted.filter(({ isAlone }) => isAlone)) await tell(context, story);
  });
  if (failures > 0) process.stderr.write(`${tailSystemLogs(environment)}\n`);
  for (const figure of figures) print(figure);
  print(`stories: ${seconds(performance.now() - startedAt)}`);
  environment.api.close();
}

async function printDiagnosis(environment: Environment, namespace: string, error: unknown): Promise<void> {
  const text = await diagnose(environment, namespace).catch((error: Error) => `no diagnosis: ${error.message}`);
  process.stderr.write(`=== ${namespace} failed: ${error}\n${text}\n=== end of ${namespace}\n`);
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
