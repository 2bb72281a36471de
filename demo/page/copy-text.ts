/** Copies an element's text, or selects it where the browser lets no page copy; says which. */
export async function copyText(element: Element): Promise<string> {
  const text = element.textContent ?? '';
  try {
    await navigator.clipboard.writeText(text);
    return `Copied: ${text}`;
  } catch {
    window.getSelection()?.selectAllChildren(element);
    return 'The browser does not let the page copy. It is selected: copy it with the keyboard.';
  }
}
