import type { DemoState } from '../api.ts';
import { type ScriptedServer, startScriptedServer } from '../testing/scripted-server.ts';
import { DETAIL } from '../testing/states.ts';

/** Tells a story with a scripted server that shows a state, and stops the server whatever happens. */
export async function withServer(state: DemoState, tell: (server: ScriptedServer) => Promise<void>, detail = DETAIL) {
  const server = await startScriptedServer({ state, detail });
  try {
    await tell(server);
  } finally {
    await server.stop();
  }
}
