import assert from 'node:assert/strict';
import { HOOK_USER, METACONTROLLER_USER, RESOLVER_USER, readAudit } from '../stage/audit.ts';
import type { Story } from '../stage/story.ts';

export const nothingForbidden: Story = {
  name: 'in all of these stories no call was refused for want of a permission',
  slug: 'nothing-forbidden',
  isAlone: true,
  async tell({ environment, figure }) {
    const users = [HOOK_USER, METACONTROLLER_USER, RESOLVER_USER];
    const calls = await readAudit(environment.cluster.auditLog, ({ user }) => users.includes(user.username));
    const refused = calls.filter(
      ({ responseStatus, requestURI }) =>
        (responseStatus?.code === 403 || responseStatus?.code === 401) && !isOfDyingNamespace(requestURI),
    );
    assert.ok(calls.length > 0);
    assert.deepEqual(
      refused.map(({ verb, user, requestURI }) => `${user.username} ${verb} ${requestURI}`),
      [],
    );
    figure(`API calls by the hook service in all: ${calls.filter(({ user }) => user.username === HOOK_USER).length}`);
  },
};

/** Nothing may be created in a namespace that is being deleted, whatever the permissions. */
const isOfDyingNamespace = (uri: string): boolean => uri.includes('/namespaces/story-namespace-deleted/');
