import { writeFileSync } from 'node:fs';
import { crdFile, renderCrd } from './render-crd.ts';
import { referenceFile, renderReference } from './render-reference.ts';

writeFileSync(crdFile, renderCrd());
writeFileSync(referenceFile, renderReference());
