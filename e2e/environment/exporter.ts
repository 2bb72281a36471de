import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

// What Prometheus scrapes: PUT /traffic {"service":"namespace/name","value":1} sets a series of GET /metrics.

const Traffic = z.object({ service: z.string().regex(/^[-a-z0-9/]+$/), value: z.number() });

const [host = '127.0.0.1', port = '0'] = process.argv.slice(2);
const values = new Map<string, number>();

createServer(async (request, response) => {
  if (request.method === 'PUT') {
    const { service, value } = Traffic.parse(JSON.parse(await text(request)));
    values.set(service, value);
    return response.end();
  }
  response.setHeader('content-type', 'text/plain; version=0.0.4');
  const series = [...values].map(([service, value]) => `e2e_traffic{service="${service}"} ${value}\n`);
  response.end(`# TYPE e2e_traffic gauge\n${series.join('')}`);
}).listen(Number(port), host);
