const TIMEOUT_MS = 10_000;

/** Asks the server at this origin for a wake, as a resolver does; resolves to the status of the answer. */
export async function postWake(
  origin: string,
  { service, namespace }: { readonly service: string; readonly namespace: string },
): Promise<number> {
  const response = await fetch(`${origin}/informer/incoming-request`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ count: 1, svc: service, namespace }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  await response.text();
  return response.status;
}
