/** Tells the parent process where a server listens, answers its question for CPU time used, and ends with it. */
export function serveParent(port: number): void {
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuMs: (user + system) / 1000 });
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.({ port });
}
