import { createSocket } from 'node:dgram';
import { createApi } from '../api.ts';
import { kubeconfigOf } from '../control-plane.ts';
import { urlOf } from '../kube-object.ts';
import { makeLayout, NODE_IPV4 } from '../layout.ts';
import { makeAnswer, parseQuestion } from './message.ts';
import { type EndpointSlice, lookUp, type Service } from './records.ts';

// Cluster DNS over UDP. Argument: the cluster's name.

const api = createApi(kubeconfigOf(makeLayout(process.argv[2] ?? ''), 'dns'));
const services = follow<Service>('v1/services');
const slices = follow<EndpointSlice>('discovery.k8s.io/v1/endpointslices');

const socket = createSocket('udp4');
socket.on('message', (query, peer) => {
  const question = parseQuestion(query);
  if (!question) return;
  const records = { services: services.values(), slices: slices.values() };
  socket.send(makeAnswer(query, question, lookUp(question.name, records)), peer.port, peer.address);
});
socket.bind(53, NODE_IPV4);

function follow<T extends Service | EndpointSlice>(kind: string): Map<string, T> {
  const objects = new Map<string, T>();
  api.watch<T>(urlOf(kind), ({ type, object }) => {
    const key = `${object.metadata.namespace}/${object.metadata.name}`;
    if (type === 'DELETED') objects.delete(key);
    else objects.set(key, object);
  });
  return objects;
}
