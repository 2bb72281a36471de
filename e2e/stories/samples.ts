import assert from 'node:assert/strict';
import { readSamples } from '../../manifests/testdata.ts';
import { urlOf } from '../cluster/kube-object.ts';
import { ApiError } from '../cluster/transport.ts';
import { until } from '../cluster/wait.ts';
import { ELASTI_SERVICES, type ElastiServiceObject } from '../stage/objects.ts';
import type { Story } from '../stage/story.ts';

export const samples: Story = {
  name: 'good ElastiServices are accepted and come to a status, bad ones are refused with a sentence that helps',
  slug: 'samples',
  async tell(stage) {
    const { api, namespace } = stage;
    const collection = urlOf(ELASTI_SERVICES, namespace);

    stage.step('bad ones are refused');
    const faults: string[] = [];
    for (const { name, object, refused } of readSamples('bad')) {
      const answer = await api
        .call('POST', `${collection}?fieldValidation=Strict`, object)
        .catch((error: Error) => error);
      if (!(answer instanceof ApiError)) faults.push(`${name}: was accepted`);
      else if (!messageOf(answer).includes(refused ?? ''))
        faults.push(`${name}: expected "${refused}", got ${answer.body}`);
    }
    assert.deepEqual(faults, []);

    stage.step('good ones are accepted');
    const good = readSamples('good');
    for (const { object } of good) await api.call('POST', `${collection}?fieldValidation=Strict`, object);
    const list = async () => (await api.call<{ items: readonly ElastiServiceObject[] }>('GET', collection)).items;
    await until('each to have a phase', async () => {
      const items = await list();
      return items.length === good.length && items.every(({ status }) => status?.phase !== undefined);
    });

    stage.step('and go without a trace');
    await stage.kubectl('delete', 'elastiservices', '--all', '--wait=false');
    await until('all to be gone', async () => (await list()).length === 0);
  },
};

const messageOf = ({ body }: ApiError): string => (JSON.parse(body) as { message: string }).message;
