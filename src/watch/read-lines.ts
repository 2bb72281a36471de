/** Hands on each whole line of a byte stream; a line that grows beyond maxLength ends it with an error. */
export async function readLines(
  bytes: AsyncIterable<Buffer>,
  { maxLength, onLine, onBytes }: { maxLength: number; onLine: (line: string) => void; onBytes: () => void },
): Promise<void> {
  // Keeps the bytes of a character that was cut in two.
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of bytes) {
    onBytes();
    const text = decoder.decode(chunk, { stream: true });
    const lines = text.split('\n');
    lines[0] = rest + lines[0];
    rest = lines.pop() ?? '';
    if (rest.length > maxLength) throw new Error(`a line is longer than ${maxLength} characters`);
    for (const line of lines) if (line !== '') onLine(line);
  }
}
