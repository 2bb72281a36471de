import { listLicences, notAllowed, readLock } from './licences.ts';

// npm run licences: prints what an image holds, and fails on what nobody has allowed.

const packages = listLicences(readLock());
for (const { name, version, licence } of packages) process.stdout.write(`${licence}\t${name} ${version}\n`);
for (const { name, licence } of notAllowed(packages)) {
  process.stderr.write(`${name} has the licence ${licence}, which is not on the list of scripts/licences.ts\n`);
  process.exitCode = 1;
}
