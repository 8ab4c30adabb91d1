// Keys for programs that act for a person, or under a name of their own.

import { ago, h, moment, refusalPlace } from "./elements.js";
import { request } from "./graphql.js";
import { fold } from "./fold.js";
import { MY_KEYS, NEW_KEY, REVOKE_KEY } from "./people-documents.js";
import { labelled, toggle, wholeForm } from "./settings-form.js";
import { secretPlace, sureButton } from "./sheet.js";

const SCOPES = [["READ_LEADS", "see leads"], ["WRITE_LEADS", "make and change leads"],
  ["NOTES", "see and write notes"], ["SEND_MESSAGES", "write to leads"],
  ["CONFIGURE", "configure cards", "CONFIGURE_CARD"],
  ["ADMINISTER", "administer", "ADMINISTER"]];

/** The part of the dialog about one's own account. */
export function keysPart({ ask, perform, onSignedOut }) {
  const part = fold("API keys", "my-keys");
  const list = h("ul", { class: "own-list" });
  const refusal = refusalPlace();
  const secret = secretPlace("new-key");
  const name = labelled("Name", h("input", { maxlength: "80", autocomplete: "off" }),
    "What uses it, such as “Warehouse”.");
  const until = labelled("Ends", h("input", { type: "date" }), "Empty: when you revoke it.");
  const scopes = SCOPES.map(([value, word, needs]) => ({ value, needs, one: toggle(word) }));
  const own = toggle("It acts under its own name", "An integration of the team; else what it does is "
    + "yours.");
  const place = refusalPlace();
  const places = { name, expiresAt: until, isPersonal: own };
  let form = null;
  form = wholeForm({
    document: NEW_KEY, onSignedOut, isNew: true, label: "Make a key", saidOf: () => "",
    load: async () => ({}), show: () => form?.element.reset(),
    given: () => ({ name: name.control.value, isPersonal: !own.control.checked,
      scopes: scopes.filter(({ one }) => one.control.checked).map(({ value }) => value),
      expiresAt: until.control.value ? new Date(`${until.control.value}T23:59:59`).toISOString() : null,
    }),
    placeOf: ([key]) => (key === "scopes" ? place : places[key]?.place),
    onSaved: async ({ token }) => {
      secret.show("Shown this once. Give it to the program as “Authorization: Bearer …”.", token);
      await refresh();
    },
  }, h("div", { class: "halves" }, name.element, until.element),
  h("fieldset", { class: "setting" }, h("legend", {}, "It may"), h("div", { class: "pair" },
    scopes.map(({ one }) => one.element)), place), own.element);
  part.element.append(secret.element, list, refusal, form.element);

  async function refresh() {
    let me, found;
    try {
      [me, { apiTokens: found }] = await Promise.all([ask(), request(MY_KEYS)]);
    } catch (failure) {
      if (failure.isSignedOut) onSignedOut();
      else refusal.textContent = failure.message;
      return;
    }
    for (const { needs, one } of scopes) one.element.hidden = needs && !me.permissions.includes(needs);
    own.element.hidden = !me.permissions.includes("ADMINISTER");
    const mine = found.filter(({ owner }) => owner.id === me.staff.id);
    part.tell(mine.length ? String(mine.length) : "none");
    list.replaceChildren(...mine.map(row));
  }

  const row = ({ id, name: called, isPersonal, scopes: may, lastUsedAt, expiresAt }) => h("li", {},
    h("span", {}, called, !isPersonal && h("span", { class: "mark" }, "integration")),
    h("small", {}, SCOPES.filter(([value]) => may.includes(value)).map(([, word]) => word).join(", "),
      lastUsedAt ? [" · used ", ago(lastUsedAt)] : " · never used",
      expiresAt && ` · until ${moment(expiresAt)}`),
    sureButton("Revoke", "It stops at once: sure?", async () => {
      if (await perform(REVOKE_KEY, { apiTokenId: id }, refusal)) await refresh();
    }));

  return { element: part.element, refresh };
}
