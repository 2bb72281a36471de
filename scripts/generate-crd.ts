import { writeFileSync } from 'node:fs';
import { crdFile, renderCrd } from './render-crd.ts';

writeFileSync(crdFile, renderCrd());
