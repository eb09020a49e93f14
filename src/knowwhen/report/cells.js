"use strict";
// Elements for texts that come from models: they reach the page as textContent only.

const FOLD = 480;
const FOLD_LINES = 10;

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null)); // strings become text nodes, never markup
  return element;
}

function passage(text, kind) {
  const block = make("div", { class: kind, dir: "auto" });
  let end = FOLD;
  for (let at = -1, line = 0; line < FOLD_LINES; line++) {
    at = text.indexOf("\n", at + 1);
    if (at < 0) break;
    if (line === FOLD_LINES - 1) end = Math.min(end, at);
  }
  if (text.length <= end * 1.2) {
    block.textContent = text;
    return block;
  }
  // Never between the two halves of one character.
  if (/[\uD800-\uDBFF]/.test(text[end - 1])) end -= 1;
  const shown = make("span", {}, text.slice(0, end) + " …");
  const button = make("button", { type: "button", class: "fold", "aria-expanded": "false" });
  const name = (open) => (open ? "Show less" : `Show all ${text.length.toLocaleString("en")} characters`);
  button.textContent = name(false);
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-expanded") === "false";
    button.setAttribute("aria-expanded", String(open));
    button.textContent = name(open);
    shown.textContent = open ? text : text.slice(0, end) + " …";
  });
  block.append(shown, button);
  return block;
}
