/** The element of a template or of the page that has this `data-part`; throws where the markup lacks it or has another kind. */
export function part<T extends Element>(root: ParentNode, name: string, kind: new () => T): T {
  const found = root.querySelector(`[data-part="${name}"]`);
  if (!(found instanceof kind)) throw new Error(`the markup has no ${kind.name} for "${name}"`);
  return found;
}

/** A new copy of the one element in a template. */
export function copyTemplate<T extends Element>(id: string, kind: new () => T): T {
  const template = document.getElementById(id);
  const copy =
    template instanceof HTMLTemplateElement ? template.content.firstElementChild?.cloneNode(true) : undefined;
  if (!(copy instanceof kind)) throw new Error(`the markup has no template "${id}"`);
  return copy;
}

/** Writes only what changes: a write that changes nothing would still move selections and be read out again. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** As setText, for an attribute. */
export function setAttribute(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Shows one of the page's symbols in a `<use>`. */
export function setIcon(use: Element, icon: string): void {
  setAttribute(use, 'href', `#icon-${icon}`);
}

export function svg<K extends keyof SVGElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string | number>>,
): SVGElementTagNameMap[K] {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}
