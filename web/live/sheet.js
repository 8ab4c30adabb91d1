// Dialogs with more than a line in them, secrets that are shown once, and second thoughts.

import { copied, h } from "./elements.js";

/** A dialog: `{ element, open(), close() }`. What is typed in it stays when it is closed. */
export function sheet(title, ...children) {
  const element = h("dialog", { class: "sheet", "aria-label": title }, h("header", {},
    h("h2", {}, title), h("button", { class: "link", type: "button", "aria-label": "Close",
      onclick: () => element.close() }, "✕")), children);
  return { element, open: () => element.open || element.showModal(), close: () => element.close() };
}

/** A place where something secret is shown, and put away by hand: `show(says, lines)`. */
export function secretPlace(testid) {
  const element = h("div", { class: "sure secret", hidden: true, "data-testid": testid });

  function show(says, ...lines) {
    const copy = h("button", { class: "plain", type: "button", onclick: async () => {
      copy.textContent = (await copied(lines.join("\n"))) ? "Copied" : "Please copy it by hand";
    } }, "Copy");
    element.replaceChildren(h("p", {}, says), ...lines.map((line) => h("code", {}, line)),
      h("div", { class: "beside" }, copy, h("button", { class: "plain", type: "button",
        onclick: hide }, "Done")));
    element.hidden = false;
    element.scrollIntoView({ block: "nearest" });
  }

  function hide() {
    element.replaceChildren();
    element.hidden = true;
  }

  return { element, show, hide };
}

const FOR_A_SECOND_THOUGHT_MS = 6000;

/**
 * A small button that acts at the second click; the first one asks `question`. `about`, what it is
 * of, is said to those who do not see where it stands.
 */
export function sureButton(label, question, act, about = "") {
  let timer = 0;
  const say = (text) => {
    button.textContent = text;
    if (about) button.setAttribute("aria-label", `${text} ${about}`);
  };
  const button = h("button", { class: "link", type: "button", onclick: () => {
    clearTimeout(timer);
    if (button.textContent === question) {
      say(label);
      return act();
    }
    say(question);
    timer = setTimeout(() => say(label), FOR_A_SECOND_THOUGHT_MS);
  } });
  say(label);
  return button;
}
