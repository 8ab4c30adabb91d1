// A form of the settings that is saved as a whole. What is refused is told beside what was refused,
// and nothing that was typed is ever taken away.

import { h, refusalPlace } from "./elements.js";
import { mutate } from "./graphql.js";

/**
 * A form. `load()` asks the server and `show(data)` fills the controls; `versionOf(data)` is the
 * version that the server is told to have been seen; `given()` is the input as the controls are now.
 * `placeOf(path)` is where a problem with that part of the input is told, null: at the end of the
 * form; `duplicateAt` names the part that may be there already. `check()` gives problems that are plain before anything is sent. `onSaved(answer)` follows
 * each success, which is told as `saidOf(answer)`.
 *
 * Answers `{ element, ready, refresh(), mark(), isChanged() }`: `ready` settles once it is filled,
 * `refresh` reads anew unless something is typed, `mark` is to be called after changes that are no
 * input events.
 */
export function wholeForm({ document, load, show, given, versionOf = ({ version }) => version,
  placeOf = () => null, duplicateAt = "name", check = () => [], saidOf = () => "Saved", onSaved = () => {}, onSignedOut,
  label = "Save", isNew = false }, ...children) {
  const refusal = refusalPlace();
  const said = h("span", { class: "saved", role: "status" });
  const save = h("button", { class: "primary" }, label);
  const undo = h("button", { class: "link", type: "button", onclick: discard }, "Discard");
  const element = h("form", { class: "whole", novalidate: true, onsubmit: submit, oninput: mark,
    onchange: mark }, children, refusal, h("div", { class: "beside ends" }, save, undo, said));
  let version = null;
  let kept = null; // what the server has, as the controls say it
  let isSaving = false;

  const now = () => JSON.stringify(given());
  const isChanged = () => kept !== null && now() !== kept;

  function mark() {
    const isDirty = isChanged();
    if (element.classList.contains("changed") !== isDirty) {
      element.classList.toggle("changed", isDirty);
      element.dispatchEvent(new CustomEvent("formstate", { bubbles: true }));
    }
    save.disabled = isSaving || !(isDirty || isNew);
    undo.hidden = !isDirty || isNew;
    if (isDirty) said.textContent = "";
  }

  /** Reads anew; what somebody has typed meanwhile stays. */
  async function refresh() {
    if (isSaving || isChanged()) return;
    const data = await read();
    if (data && !isSaving && !isChanged()) take(data);
  }

  async function read() {
    try {
      return await load();
    } catch (failure) {
      if (failure.isSignedOut) onSignedOut();
      else refusal.textContent = failure.message;
      return null;
    }
  }

  function take(data) {
    version = versionOf(data) ?? null;
    show(data);
    kept = now();
    tell();
    mark();
  }

  async function discard() {
    const data = await read();
    if (!data) return;
    said.textContent = "";
    take(data);
  }

  async function submit(event) {
    event?.preventDefault();
    if (isSaving) return;
    tell();
    const problems = check();
    if (problems.length) return refuse({ problems });
    isSaving = true;
    mark();
    try {
      const input = given();
      const answer = await mutate(document, { ...input,
        ...(version ? { expectedVersion: version } : {}) });
      if (/Success$/.test(answer.__typename)) await saved(answer, JSON.stringify(input));
      else refuse(answer);
    } catch (failure) {
      if (failure.isSignedOut) onSignedOut();
      else refusal.textContent = failure.message;
    } finally {
      isSaving = false;
      mark();
    }
  }

  async function saved(answer, sent) {
    kept = sent;
    const data = await read();
    if (data && now() === sent) take(data);
    else if (data) version = versionOf(data) ?? null;
    said.textContent = saidOf(answer);
    onSaved(answer);
  }

  function tell(message = "") {
    for (const place of element.querySelectorAll(".refusal")) place.replaceChildren();
    refusal.textContent = message;
  }

  function refuse({ __typename: type, message, problems = [], currentVersion }) {
    if (currentVersion) return clash(message, currentVersion);
    const rest = problems.filter((one) => {
      const place = placeOf(one.path);
      if (place) place.textContent = one.message;
      return !place;
    });
    const told = problems.length ? rest.map((one) => one.message).join(" ") : message;
    const place = (type === "ConflictError" && placeOf([duplicateAt])) || refusal;
    if (told) place.textContent = told;
    [...element.querySelectorAll(".refusal")].find((place) => place.textContent)
      ?.scrollIntoView({ block: "nearest" });
  }

  // Somebody else was first: what is typed here stays until the person says which one counts.
  function clash(message, currentVersion) {
    const keepMine = () => {
      version = currentVersion;
      submit();
    };
    refusal.replaceChildren(`${message} Yours is not saved yet. `,
      h("button", { class: "link", type: "button", onclick: discard }, "Take theirs"), " ",
      h("button", { class: "link", type: "button", onclick: keepMine }, "Keep mine"));
  }

  element.hidden = true; // nobody types into what is about to be filled
  const ready = refresh().finally(() => { element.hidden = false; });
  return { element, ready, refresh, mark, isChanged };
}

/** A labelled control with a line of help and a place for what is wrong with it. */
export function labelled(label, control, hint = null) {
  const place = refusalPlace();
  const element = h("div", { class: "setting" }, h("label", {}, h("span", {}, label), control),
    hint && h("small", {}, hint), place);
  return { element, control, place };
}

/** A switch with its words behind it. */
export function toggle(label, hint = null) {
  const control = h("input", { type: "checkbox" });
  const place = refusalPlace();
  const element = h("div", { class: "setting toggle" }, h("label", {}, control,
    h("span", {}, label)), hint && h("small", {}, hint), place);
  return { element, control, place };
}

/** The head of a section. */
export const heading = (title, text) =>
  h("header", { class: "section-head" }, h("h2", {}, title), h("p", { class: "soft" }, text));
