import assert from 'node:assert/strict';
import { renderCombination } from '../../manifests/kustomize.ts';
import { until } from '../cluster/wait.ts';
import { readAudit } from '../stage/audit.ts';
import { postWake } from '../stage/post-wake.ts';
import { startSecondHook } from '../stage/second-hook.ts';
import type { Story } from '../stage/story.ts';

const ACCOUNT = 'elasti-operator-controller';
const HOOK_PORT = 18_086;
const SERVER_PORT = 18_087;

export const namespaced: Story = {
  name: 'with the roles of a tenant alone, a hook service wakes what sleeps there, and leaves other namespaces alone',
  slug: 'namespaced',
  isAlone: true,
  needsRelated: true,
  async tell(stage) {
    const { api, namespace, environment } = stage;
    await stage.startAsleep();

    stage.step('a hook service with no rights but those of the tenant, in this namespace');
    // An account of its own, with the name that the manifests bind: the shipped one has rights everywhere.
    await stage.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: ACCOUNT, namespace } });
    const roles = renderCombination({ folder: 'namespaced/tenant', components: [], namespace });
    await api.apply(roles.replaceAll('namespace: elasti', `namespace: ${namespace}`));
    const hook = await startSecondHook(stage, {
      name: 'hook-namespaced',
      hookPort: HOOK_PORT,
      serverPort: SERVER_PORT,
      account: { namespace, name: ACCOUNT },
      environment: { WATCH_NAMESPACES: namespace },
    });
    stage.onLeave(() => hook.stop());

    stage.step('it wakes here, with nobody to help it, and nowhere else');
    stage.onLeave(() => environment.metacontroller.start());
    await environment.metacontroller.stop();
    const wake = (service: string, where: string) =>
      postWake(`http://127.0.0.1:${SERVER_PORT}`, { service, namespace: where });
    assert.equal(await wake('web', 'kube-system'), 404);
    assert.equal(await wake('web', namespace), 200);
    await until('the target to be raised', async () => (await stage.replicas()) === 1);
    await environment.metacontroller.start();
    await stage.untilWakeServed();

    const calls = await readAudit(
      environment.cluster.auditLog,
      ({ user }) => user.username === `system:serviceaccount:${namespace}:${ACCOUNT}`,
    );
    const refused = calls.filter(({ responseStatus }) => responseStatus?.code === 403);
    assert.ok(calls.some(({ verb, objectRef }) => verb === 'patch' && objectRef?.subresource === 'scale'));
    assert.deepEqual(
      refused.map(({ verb, requestURI }) => `${verb} ${requestURI}`),
      [],
    );
  },
};
