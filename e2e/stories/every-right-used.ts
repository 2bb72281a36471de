import assert from 'node:assert/strict';
import { HOOK_USER, METACONTROLLER_USER, RESOLVER_USER, readAudit } from '../stage/audit.ts';
import { isOwnResolver } from '../stage/client.ts';
import { readRules, rightsUsed } from '../stage/rights.ts';
import type { Stage } from '../stage/stage.ts';
import type { Story } from '../stage/story.ts';

/** Claims of ports: only under routing by port. */
const OF_CLAIMS = ['create configmaps', 'get configmaps', 'patch configmaps'];
/** Asked for by OpenShift alone. */
const OF_OPENSHIFT = 'create discovery.k8s.io/endpointslices/restricted';

export const everyRightUsed: Story = {
  name: 'each right that is granted was needed in one of these stories: without it a call would have been refused',
  slug: 'every-right-used',
  isAlone: true,
  needsAllStories: true,
  async tell(stage) {
    for (const [user, unseen] of [
      [HOOK_USER, isOwnResolver ? [] : OF_CLAIMS],
      [RESOLVER_USER, []],
    ] as const) {
      const { rules, used } = await readUse(stage, user);
      const unused = [...new Set(rules.flat())].filter((right) => !used.has(right)).sort();
      assert.deepEqual(unused, unseen, `rights of ${user} without a use`);
    }
    // The stand-in has other habits; the real one lists only where a watch cannot begin with all that there is.
    if (stage.environment.metacontroller.kind !== 'real') return;
    const { rules, used } = await readUse(stage, METACONTROLLER_USER);
    const unused = rules.filter((rights) => !rights.some((right) => used.has(right)));
    assert.deepEqual(unused, [[OF_OPENSHIFT]], 'rules of Metacontroller without a use');
  },
};

async function readUse({ api, environment, figure }: Stage, user: string) {
  const calls = await readAudit(environment.cluster.auditLog, (call) => call.user.username === user);
  const rules = await readRules(api, user);
  assert.ok(rules.length > 0, user);
  const used = rightsUsed(calls);
  figure(`rules of ${user}: ${rules.length}, rights used: ${rules.flat().filter((right) => used.has(right)).length}`);
  return { rules, used };
}
