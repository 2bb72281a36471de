import { urlOf } from '../cluster/kube-object.ts';
import { until } from '../cluster/wait.ts';
import type { Story } from '../stage/story.ts';

export const namespaceDeleted: Story = {
  name: 'a namespace in which a service sleeps can be deleted',
  slug: 'namespace-deleted',
  async tell(stage) {
    const { api, namespace } = stage;
    await stage.startAsleep();
    await api.remove(urlOf('v1/namespaces', undefined, namespace));
    const isGone = () =>
      api.call('GET', urlOf('v1/namespaces', undefined, namespace)).then(
        () => false,
        (error) => error.status === 404,
      );
    await until('the namespace to be gone', isGone, { timeoutMs: 120_000 });
  },
};
