// What cannot be read or used on the page that is open: one line each.
const found = [];
const root = document.documentElement;
const name = (e) => `${e.tagName.toLowerCase()}${e.id ? "#" + e.id : ""}${e.className && e.className.trim ? "." + e.className.trim().split(/\s+/).join(".") : ""} "${(e.textContent || e.value || "").trim().slice(0, 30)}"`;
const shown = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && e.getClientRects().length > 0;
if (root.scrollWidth > root.clientWidth + 1) {
  const wide = [...document.body.querySelectorAll("*")].filter((e) => shown(e) && e.getBoundingClientRect().right > root.clientWidth + 1);
  found.push(`the page is ${root.scrollWidth} px wide, ${root.clientWidth} are there: ${wide.slice(-1).map(name)}`);
}
if (document.querySelectorAll("h1").length !== 1) found.push(`${document.querySelectorAll("h1").length} main headings`);
if (!root.lang) found.push("the page does not say its language");
if (!document.title.trim()) found.push("the page has no title");
const side = document.querySelector(".side");
if (side && getComputedStyle(side).overflowY === "auto" && side.scrollHeight > side.clientHeight + 1) {
  found.push(`the menu is ${side.scrollHeight} px high, ${side.clientHeight} are there`);
}
for (const image of document.images) {
  if (shown(image) && !image.naturalWidth) found.push(`a picture that does not load: ${image.src}`);
  if (!image.hasAttribute("alt")) found.push(`a picture without words: ${image.src}`);
}
for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
  const said = (field.labels && field.labels.length) || field.getAttribute("aria-label") || field.getAttribute("aria-labelledby") || field.title;
  if (shown(field) && !said) found.push(`a field without a label: ${name(field)} ${field.name}`);
}
const parts = [...document.querySelectorAll("a[href], button, summary, input:not([type=hidden]), select, textarea")].filter(shown);
for (const part of parts) {
  const said = part.textContent.trim() || part.getAttribute("aria-label") || part.title || part.querySelector("img[alt]:not([alt=''])");
  if (["A", "BUTTON", "SUMMARY"].includes(part.tagName) && !said) found.push(`nothing says what this does: ${name(part)}`);
}
// things lying over each other: their boxes share more than a rounding error
const boxes = parts.map((e) => [e, e.getBoundingClientRect()]).filter(([, b]) => b.width > 1 && b.height > 1);
for (let i = 0; i < boxes.length; i++) {
  for (let k = i + 1; k < boxes.length; k++) {
    const [[one, a], [other, b]] = [boxes[i], boxes[k]];
    if (one.contains(other) || other.contains(one)) continue;
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > 2 && high > 2 && getComputedStyle(one).display !== "inline") found.push(`${name(one)} lies over ${name(other)}`);
  }
}
for (const e of document.body.querySelectorAll("*")) {
  if (shown(e) && ["auto", "scroll"].includes(getComputedStyle(e).overflowX) && e.tagName !== "TEXTAREA" && e.scrollWidth > e.clientWidth + 1) {
    found.push(`to be scrolled sideways: ${name(e)}`);
  }
  if (!shown(e) || !e.childNodes.length || ![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
  const style = getComputedStyle(e);
  if (style.overflowX !== "visible" && style.overflowX !== "auto" && style.overflowX !== "scroll" && e.scrollWidth > e.clientWidth + 1 && !e.title && e.clientWidth > 1) {
    found.push(`cut off: ${name(e)}`);
  }
}
return found;
