import assert from 'node:assert/strict';
import { privateServiceName } from '../../src/core/names.ts';
import type { KubeObject } from '../cluster/kube-object.ts';
import { until } from '../cluster/wait.ts';
import { isOwnResolver } from '../stage/client.ts';
import type { Stage } from '../stage/stage.ts';
import type { Story } from '../stage/story.ts';

type Service = KubeObject & {
  readonly spec: {
    readonly selector: Readonly<Record<string, string>>;
    readonly ports: readonly { readonly name: string; readonly port: number; readonly targetPort: number | string }[];
  };
};

const SHARED_PORT = 8012;

const sorted = (list: readonly (string | number)[]): string => [...list].sort().join();

export const editedService: Story = {
  name: 'a Service that is edited while asleep has its children follow',
  slug: 'edited-service',
  async tell(stage) {
    await stage.startAsleep({ app: { env: { PORT2: '8081' } } });

    stage.step('a port is added');
    const http = { name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' };
    await editService(stage, { ports: [http, { name: 'admin', port: 81, targetPort: 8081, protocol: 'TCP' }] });
    await untilPrivate(stage, ({ spec }) =>
      spec.ports.some(({ name, targetPort }) => name === 'admin' && targetPort === 8081),
    );
    await untilSlicePorts(stage, ['admin', 'http']);
    await stage.untilPhase('Asleep');

    stage.step('a target port is changed');
    await editService(stage, { ports: [{ ...http, targetPort: 8081 }] });
    await untilPrivate(stage, ({ spec }) => spec.ports.length === 1 && spec.ports[0]?.targetPort === 8081);
    await untilSlicePorts(stage, ['http']);

    stage.step('the selector is changed');
    await editService(stage, { selector: { app: 'web', tier: 'front' } });
    await untilPrivate(stage, ({ spec }) => spec.selector.tier === 'front' && spec.selector.app === 'web');
    await editService(stage, { selector: { tier: null } });
    await untilPrivate(stage, ({ spec }) => spec.selector.tier === undefined);

    stage.step('a request still gets through, to the changed port');
    const answer = await stage.ask();
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.text, /"port":8081/);
  },
};

async function editService(stage: Stage, spec: object): Promise<void> {
  await stage.kubectl('patch', 'service', 'web', '--type=merge', '--patch', JSON.stringify({ spec }));
}

async function untilPrivate(stage: Stage, isCurrent: (service: Service) => boolean): Promise<void> {
  await until('the private Service to follow', async () =>
    isCurrent(await stage.get<Service>('v1/services', privateServiceName('web'))),
  );
}

async function untilSlicePorts(stage: Stage, names: readonly string[]): Promise<void> {
  await until(`slices with the ports ${names}`, async () => {
    const ports = (await stage.ourSlices()).flatMap((slice) => slice.ports ?? []);
    const isEach = sorted(ports.map(({ name }) => name)) === sorted(names);
    return isEach && sorted(ports.map(({ port }) => port)) === sorted(await resolverPorts(stage, names.length));
  });
}

/** Where the slices are to point: at the port that is claimed for each of the Service's, or at the one that all share. */
async function resolverPorts(stage: Stage, count: number): Promise<readonly number[]> {
  if (!isOwnResolver) return Array.from({ length: count }, () => SHARED_PORT);
  const { status } = await stage.elastiService();
  return status?.resolverPorts?.map(({ resolverPort }) => resolverPort) ?? [];
}
