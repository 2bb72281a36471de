/** Runs in the page: texts and borders of buttons that stand out less from what is behind them than WCAG AA asks. */
export function lowContrasts(): readonly string[] {
  type Colour = readonly number[];
  const parse = (colour: string): Colour => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (colour: Colour) => {
    const [red = 0, green = 0, blue = 0] = colour.slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ratio = (one: Colour, other: Colour) => {
    const [low = 0, high = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const behind = (element: Element | null): Colour => {
    if (element === null) return [255, 255, 255];
    const colour = parse(getComputedStyle(element).backgroundColor);
    return colour.length === 4 && colour[3] === 0 ? behind(element.parentElement) : colour;
  };
  const found: string[] = [];
  const check = (what: string, colour: string, background: Colour, least: number) => {
    const value = ratio(parse(colour), background);
    if (value < least) found.push(`${what}: ${value.toFixed(2)}`);
  };
  // A value that has just changed stands on another ground for a moment.
  const flash = document.createElement('p');
  flash.style.backgroundColor = 'var(--flash)';
  document.body.append(flash);
  for (const value of document.querySelectorAll('.value'))
    check(`changed ${value.textContent}`, getComputedStyle(value).color, behind(flash), 4.5);
  flash.remove();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    if (element === null || node.textContent?.trim() === '' || !element.checkVisibility()) continue;
    const { color, fill } = getComputedStyle(element);
    check(node.textContent ?? '', element instanceof SVGElement ? fill : color, behind(element), 4.5);
  }
  for (const button of document.querySelectorAll('button:not(.quiet), select'))
    check(`border of ${button.textContent}`, getComputedStyle(button).borderTopColor, behind(button.parentElement), 3);
  return found;
}

/** Runs in the page: elements that reach beyond the width of the window. */
export function tooWide(): readonly string[] {
  const { clientWidth, scrollWidth } = document.documentElement;
  const wide = [...document.body.querySelectorAll('*')].filter(
    (element) => element.checkVisibility() && element.getBoundingClientRect().right > clientWidth + 0.5,
  );
  const names = wide.map(({ outerHTML }) => outerHTML.slice(0, 80));
  return scrollWidth > clientWidth ? ['the page scrolls sideways', ...names] : names;
}

/** Runs in the page: what has the focus, in words, and whether that can be seen. */
export function focused(): { readonly name: string; readonly isSeen: boolean } {
  const element = document.activeElement;
  if (element === null || element === document.body) return { name: '', isSeen: false };
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const { left, top, width, height } = element.getBoundingClientRect();
  const isCovered = !element.contains(document.elementFromPoint(left + width / 2, top + height / 2));
  const owner = element.closest('article')?.getAttribute('aria-labelledby') ?? '';
  const name =
    element.getAttribute('aria-label') ?? (element instanceof HTMLSelectElement ? 'Service' : element.textContent);
  return {
    name: `${owner.replace('service-', '')} ${name?.trim() ?? ''}`.trim(),
    isSeen: !isCovered && outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2,
  };
}
