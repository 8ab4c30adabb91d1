// Where the lead stands: the pipeline's bar with times, Won and Reopen, the reason of a loss, and
// how the header of all cards is set up.

import { CHANGE_HEADER, CHANGE_STATE, HEADER, PIPELINES, REOPEN, WIN } from "./documents.js";
import { dot, duration, fill, flash, h, refusalPlace } from "./elements.js";
import { request } from "./graphql.js";

/** `{ element, acts, update(lead, touched) }`; `me` is `{ role }`. */
export function statesPart({ leadId, me, perform }) {
  const bar = h("ol", { class: "bar", "aria-label": "Pipeline", "data-testid": "state-bar" });
  const won = h("div", { class: "won", "data-testid": "won" });
  const others = h("select", { "aria-label": "Move to another pipeline", hidden: true,
    onchange: leave });
  const refusal = refusalPlace();
  const prompt = lossPrompt();
  const reason = h("p", { class: "soft", "data-testid": "loss-reason" });
  const setUp = me.role === "AGENT" ? null : headerDialog(perform);
  const element = h("div", { class: "states" }, bar, prompt.element, reason, refusal);
  const acts = h("div", { class: "acts" }, others, won, setUp?.button, setUp?.dialog);
  let lead = null;
  let pipelines = [];
  let known = ""; // the pipelines as the lead's bar shows them: read again when that changes

  function move(state) {
    if (state.kind === "LOST") return void prompt.ask(state);
    prompt.close();
    return perform(CHANGE_STATE, { leadId, stateId: state.id }, refusal);
  }

  function lossPrompt() {
    const input = h("input", { maxlength: "500", "aria-label": "Why it was lost" });
    const asked = h("span", { class: "refusal", title: "This pipeline asks for a reason",
      "aria-hidden": "true" }, "*");
    const save = h("button", { class: "plain" }, "Move");
    const form = h("form", { class: "inline", hidden: true, onsubmit: submit,
      onkeydown: (event) => event.key === "Escape" && close() }, input, asked, save,
    h("button", { class: "link", type: "button", onclick: close }, "Cancel"));
    let state = null;
    function close() {
      form.hidden = true;
      input.value = "";
    }
    function ask(next) {
      if (next.id === lead.state.id) return;
      state = next;
      const own = pipelines.find(({ states }) => states.some(({ id }) => id === next.id));
      input.required = Boolean(own?.needsLossReason);
      input.placeholder = input.required ? "Why was it lost? Please say."
        : "Why was it lost? Leave it empty if nobody knows.";
      asked.hidden = !input.required;
      save.textContent = `Move to ${state.name}`;
      form.hidden = false;
      input.focus();
    }
    async function submit(event) {
      event.preventDefault();
      const lossReason = input.value.trim() || null;
      if (await perform(CHANGE_STATE, { leadId, stateId: state.id, lossReason }, refusal)) close();
    }
    return { element: form, ask, close };
  }

  function makeStep({ state, isCurrent, isPassed, spentSeconds, mayMove }) {
    const time = isCurrent || isPassed ? h("small", { title: "Time spent there",
      data: isCurrent ? { spent: spentSeconds, at: Date.now() } : {} },
    duration(spentSeconds)) : null;
    return h("li", { class: isPassed && !isCurrent ? "passed" : null },
      h("button", { type: "button", disabled: !mayMove || (state.archivedAt && !isCurrent),
        onclick: () => move(state), "aria-current": isCurrent ? "step" : null },
      dot(state.color), h("span", {}, state.name), time));
  }

  function showWon() {
    const { wonButton: button, viewerCan } = lead;
    const win = () => perform(WIN, { leadId }, refusal);
    const reopen = () => perform(REOPEN, { leadId }, refusal);
    won.replaceChildren(...(!button ? [] : button.isWon
      ? [h("span", { class: "done" }, `✓ ${button.wonText}`),
        button.canReopen && viewerCan.reopen
          ? h("button", { class: "link", type: "button", onclick: reopen }, "Reopen") : ""]
      : [h("button", { class: "primary", type: "button", disabled: !viewerCan.changeState,
        onclick: win }, button.text)]));
  }

  async function showOthers() {
    const answer = await request(PIPELINES).catch(() => null); // the bar works without them
    pipelines = answer?.pipelines ?? pipelines;
    const own = new Set(lead.stateBar.map(({ state }) => state.id));
    const rest = pipelines.filter(({ states }) => !states.some(({ id }) => own.has(id)));
    others.hidden = !rest.length || !lead.viewerCan.changeState;
    others.replaceChildren(h("option", { value: "" }, "Another pipeline …"),
      ...rest.map(({ name, states }) => h("optgroup", { label: name },
        states.map(({ id, name: state }) => h("option", { value: id }, state)))));
  }

  function leave() {
    const state = pipelines.flatMap(({ states }) => states).find(({ id }) => id === others.value);
    others.value = "";
    if (state) move(state);
  }

  function update(next, touched) {
    const old = lead;
    lead = next;
    const mayMove = lead.viewerCan.changeState;
    fill(bar, lead.stateBar.map((step) => ({ ...step, mayMove })), ({ state }) => state.id,
      makeStep);
    reason.textContent = lead.lossReason ? `Lost: ${lead.lossReason}` : "";
    reason.hidden = !lead.lossReason;
    if (old?.wonButton !== lead.wonButton || !old) showWon();
    if (touched.includes("state") && old) flash(won);
    const shown = lead.stateBar.map(({ state }) => state.id).join();
    if (shown !== known || touched.includes("settings")) showOthers();
    known = shown;
  }

  return { element, acts, update };
}

/** The button that opens the dialog, and the dialog, in which everybody's header is set up. */
function headerDialog(perform) {
  const show = h("input", { type: "checkbox", id: "show-won" });
  const text = h("input", { id: "won-button-text", maxlength: "40", required: true });
  const wonText = h("input", { id: "won-text", maxlength: "40", required: true });
  const reopen = h("input", { type: "checkbox", id: "allow-reopen" });
  const refusal = refusalPlace();
  const form = h("form", { method: "dialog", onsubmit: save }, h("h3", {}, "Header of all cards"),
    h("label", { class: "check" }, show, "Show the Won button"),
    h("label", { for: "won-button-text" }, "Text of the button"), text,
    h("label", { for: "won-text" }, "Text once it is won"), wonText,
    h("label", { class: "check" }, reopen, "Allow to reopen"), refusal,
    h("div", { class: "beside" }, h("button", { class: "primary" }, "Save"),
      h("button", { class: "link", type: "button", onclick: () => dialog.close() }, "Cancel")));
  const dialog = h("dialog", { "aria-label": "Header of all cards" }, form);
  const button = h("button", { class: "link", type: "button", title: "Customise the header",
    "aria-label": "Customise the header", onclick: open }, "⋮");
  let expectedVersion = null;

  async function open() {
    const answer = await request(HEADER).catch(() => null);
    if (!answer) return;
    const { header, version } = answer.project.card;
    expectedVersion = version;
    show.checked = header.isWonButtonShown;
    text.value = header.wonButtonText;
    wonText.value = header.wonText;
    reopen.checked = header.isReopenAllowed;
    refusal.textContent = "";
    dialog.showModal();
  }

  async function save(event) {
    event.preventDefault();
    const input = { isWonButtonShown: show.checked, wonButtonText: text.value,
      wonText: wonText.value, isReopenAllowed: reopen.checked, expectedVersion };
    if (await perform(CHANGE_HEADER, input, refusal)) dialog.close();
  }

  return { button, dialog };
}

/** A line that stays on top while the head is out of sight: who, where, how much. */
export function slimPart(head) {
  const name = h("b", {});
  const state = h("span", { class: "beside" });
  const value = h("span", {});
  const element = h("div", { class: "slim", hidden: true, "data-testid": "slim-head" },
    h("div", {}, name, state, value));
  new IntersectionObserver(([{ isIntersecting }]) => { element.hidden = isIntersecting; })
    .observe(head);

  function update(lead, worth) {
    name.textContent = lead.displayName;
    state.replaceChildren(dot(lead.state.color), lead.state.name);
    value.textContent = worth;
  }

  return { element, update };
}
