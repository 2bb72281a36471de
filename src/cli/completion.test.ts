import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { forbidden, run, startFakeCluster } from './testing/fake-cluster.ts';
import { elastiService, elastiServices } from './testing/objects.ts';

const scriptFor = async (shell: string) => (await run(['completion', shell], {})).out;

/** What bash offers for the last of these words; `elasti` itself gives two names. */
async function offered(...words: string[]): Promise<string[]> {
  const program = `
elasti() { [ "$*" = __names ] && printf 'web\\napi\\n'; }
${await scriptFor('bash')}
COMP_WORDS=(elasti "$@"); COMP_CWORD=$#
_elasti
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const out = execFileSync('bash', ['-c', program, 'bash', ...words], { encoding: 'utf8' });
  return out.split('\n').filter((line) => line !== '');
}

test('bash completes commands, options, names and shells', async () => {
  assert.deepEqual(await offered(''), [
    'status',
    'why',
    'doctor',
    'wake',
    'sleep',
    'keep-awake',
    'simulate',
    'completion',
  ]);
  assert.deepEqual(await offered('s'), ['status', 'sleep', 'simulate']);
  assert.deepEqual(await offered('why', 'w'), ['web']);
  assert.deepEqual(await offered('keep-awake', '--un'), ['--until']);
  assert.deepEqual(await offered('completion', ''), ['bash', 'zsh', 'fish', '--help']);
});

test('zsh and fish know every command, and ask for names', async () => {
  const zsh = await scriptFor('zsh');
  assert.match(zsh, /^#compdef elasti kubectl-elasti$/m);
  assert.match(zsh, /^ {4}why\) found="--namespace .* \$\(elasti __names 2>\/dev\/null\)" ;;$/m);
  const fish = await scriptFor('fish');
  assert.match(fish, /^complete -c elasti -n __fish_use_subcommand -a keep-awake -d 'keeps an ElastiService awake/m);
  assert.match(
    fish,
    /^complete -c elasti -n '__fish_seen_subcommand_from wake' -a '\(elasti __names 2>\/dev\/null\)'$/m,
  );
  for (const script of [zsh, fish]) assert.doesNotMatch(script, /undefined|\[object/);
});

test('names come from the namespace of the context', async (t) => {
  const objects = elastiServices(
    elastiService(),
    elastiService({ name: 'api' }),
    elastiService({ name: 'x', namespace: 'y' }),
  );
  const cluster = await startFakeCluster(t, objects);
  assert.deepEqual(await cluster.run(['__names']), { code: 0, out: 'api\nweb\n', err: '' });
  cluster.objects['/apis/elasti.truefoundry.com/v1alpha1/namespaces/shop/elastiservices'] = forbidden;
  assert.equal((await cluster.run(['__names'])).code, 4);
});
