// The lead's account in the portal: making one, and a password that is shown once.

import { CREATE_ACCOUNT, RESET_PASSWORD } from "./documents.js";
import { ago, copied, flash, h, refusalPlace } from "./elements.js";
import { mutate } from "./graphql.js";

/** The part of the card. The password is on the page only: a reload takes it away. */
export function accountPart(leadId, perform, onSignedOut) {
  const facts = h("p", { "data-testid": "account" });
  const choice = h("select", { "aria-label": "Address of the account" });
  const make = h("button", { class: "plain", type: "button", onclick: create }, "Make an account");
  const form = h("div", { class: "inline" }, choice, make);
  const reset = h("button", { class: "plain", type: "button", "data-testid": "reset-password",
    onclick: ask }, "Reset password");
  const sure = h("div", { class: "sure", hidden: true },
    h("p", {}, "The lead is signed out everywhere and is not told: give them the new password "
      + "yourself."),
    h("div", { class: "beside" },
      h("button", { class: "primary", type: "button", "data-testid": "reset-sure",
        onclick: resetNow }, "Reset"),
      h("button", { class: "plain", type: "button", onclick: () => { sure.hidden = true; } },
        "Leave it")));
  const secret = h("div", { class: "sure", hidden: true, "data-testid": "one-time-password" });
  const refusal = refusalPlace();
  const element = h("section", { class: "facts" }, h("h3", {}, "Portal account"), facts, form,
    reset, sure, secret, refusal);
  let key = crypto.randomUUID();

  async function create() {
    const input = { leadId, emailAddressId: choice.value, idempotencyKey: crypto.randomUUID() };
    await perform(CREATE_ACCOUNT, input, refusal);
  }

  function ask() {
    key = crypto.randomUUID(); // one for each intention: a second click must not reset again
    refusal.textContent = "";
    secret.hidden = true;
    sure.hidden = false;
  }

  async function resetNow() {
    sure.hidden = true;
    try {
      const answer = await mutate(RESET_PASSWORD, { leadId, idempotencyKey: key });
      if (answer.oneTimePassword) show(answer.oneTimePassword);
      else refusal.textContent = answer.message;
    } catch (failure) {
      if (failure.isSignedOut) onSignedOut();
      else refusal.textContent = failure.message;
    }
  }

  function show(password) {
    const copy = h("button", { class: "plain", type: "button", onclick: async () => {
      if (await copied(password)) copy.textContent = "Copied";
    } }, "Copy");
    const done = h("button", { class: "plain", type: "button", onclick: () => {
      secret.replaceChildren();
      secret.hidden = true;
    } }, "Done");
    secret.replaceChildren(
      h("p", {}, "Shown this once. The lead is not told: give it to them yourself."),
      h("code", {}, password), h("div", { class: "beside" }, copy, done));
    secret.hidden = false;
  }

  function update({ account, emailAddresses, viewerCan }, touched) {
    facts.replaceChildren(...(account ? told(account) : [h("span", { class: "empty" },
      emailAddresses.length ? "None yet." : "None yet; it needs an address.")]));
    form.hidden = Boolean(account) || !viewerCan.edit || !emailAddresses.length;
    choice.hidden = emailAddresses.length < 2;
    const kept = choice.value;
    choice.replaceChildren(...emailAddresses.map(({ id, address }) =>
      h("option", { value: id, selected: id === kept }, address)));
    reset.hidden = !viewerCan.resetPassword;
    if (touched.includes("account")) flash(element);
  }

  return { element, update };
}

const told = ({ emailAddress, createdAt, mustChangePassword }) => [emailAddress, h("small", {},
  " since ", ago(createdAt), mustChangePassword && " · has to choose a new password")];
