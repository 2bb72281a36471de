import assert from 'node:assert/strict';
import { until } from '../cluster/wait.ts';
import { isResolverMarking } from '../stage/client.ts';
import { makeApp, makeElastiService } from '../stage/manifests.ts';
import type { Story } from '../stage/story.ts';

export const twoPorts: Story = {
  name: 'both ports of a Service hold requests while it sleeps',
  slug: 'two-ports',
  async tell(stage) {
    const { namespace } = stage;
    const [deployment, service] = makeApp({ name: 'web', namespace, env: { PORT2: '8081' } });
    const ports = [
      { name: 'http', port: 80, targetPort: 'http' },
      { name: 'admin', port: 81, targetPort: 8081 },
    ];
    await stage.apply(deployment, { ...service, spec: { ...service.spec, ports } });
    await until('both ports to answer', async () => {
      const answers = await Promise.all([
        stage.ask('web', { timeoutMs: 1000 }),
        stage.ask('web', { port: 81, timeoutMs: 1000 }),
      ]);
      return answers.every(({ status }) => status === 200);
    });
    await stage.apply(makeElastiService(namespace));
    await stage.untilPhase('Asleep', { reason: 'SleptByElasti' });
    await stage.untilNoPods();

    const [http, admin] = await Promise.all([stage.ask(), stage.ask('web', { port: 81 })]);
    assert.equal(http.status, 200, http.text);
    assert.equal(admin.status, 200, admin.text);
    assert.match(http.text, /"port":8080/);
    assert.match(admin.text, /"port":8081/);
    assert.ok((http.resolver && admin.resolver) || !isResolverMarking);
  },
};
