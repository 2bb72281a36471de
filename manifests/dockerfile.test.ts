import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
const instructions = read('Dockerfile')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => ({ name: line.split(' ')[0] ?? '', value: line.slice(line.indexOf(' ') + 1) }));
const runtime = instructions.slice(instructions.findLastIndex(({ name }) => name === 'FROM'));
const valuesOf = (name: string, list = instructions) =>
  list.filter((each) => each.name === name).map(({ value }) => value);

test('both stages start from a tag, and none from latest', () => {
  const images = valuesOf('FROM').map((value) => value.split(' ')[0] ?? '');
  assert.equal(images.length, 2);
  for (const image of images) {
    assert.match(image, /:[\w.-]+$/);
    assert.doesNotMatch(image, /:latest$/);
  }
});

test('both stages have the major version of Node that package.json asks for', () => {
  const major = JSON.parse(read('package.json')).engines.node.replace('>=', '');
  for (const value of valuesOf('FROM')) assert.match(value, new RegExp(`node(js)?:?${major}\\b`));
});

test('the image has neither shell nor root: nothing is run in it, and it runs as 65532', () => {
  assert.deepEqual(valuesOf('RUN', runtime), []);
  assert.deepEqual(valuesOf('USER', runtime), ['65532:65532']);
});

test('what is installed is what the lock file says, and only production packages stay', () => {
  const runs = valuesOf('RUN');
  assert.ok(runs.indexOf('npm ci') < runs.indexOf('npm run build'));
  assert.equal(runs.at(-1), 'npm prune --omit=dev');
  assert.ok(valuesOf('COPY', runtime).every((value) => value.startsWith('--from=build /app/')));
});

test('the command starts the built service with its instrumentation, without a shell, as npm start does the source', () => {
  const [command] = valuesOf('CMD', runtime);
  const args: string[] = JSON.parse(command ?? '');
  const start: string = JSON.parse(read('package.json')).scripts.start;
  assert.deepEqual(args, start.replace('node ', '').replaceAll('src/', 'dist/').replaceAll('.ts', '.js').split(' '));
});

test('no secret comes in: no ARG, no ENV but NODE_ENV, and only named files are in the build context', () => {
  assert.deepEqual(valuesOf('ARG'), []);
  assert.deepEqual(valuesOf('ENV'), ['NODE_ENV=production']);
  const [first, ...rest] = read('.dockerignore').trim().split('\n');
  assert.equal(first, '*');
  const copied = valuesOf('COPY')
    .filter((value) => !value.startsWith('--from'))
    .flatMap((value) => value.split(' ').slice(0, -1));
  assert.deepEqual(
    rest
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1))
      .sort(),
    copied.sort(),
  );
});
