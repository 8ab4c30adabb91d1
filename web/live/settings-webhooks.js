// Webhooks: addresses that are told of changes, what each was told, and what it answered.

import { ago, copied, h, words } from "./elements.js";
import { request } from "./graphql.js";
import { heading, labelled, toggle, wholeForm } from "./settings-form.js";
import { entries, shared } from "./settings-list.js";
import { done, picker, powerSwitch, sure } from "./settings-picker.js";
import {
  ALL_WEBHOOKS, DELIVERIES, DROP_WEBHOOK, RESEND, SAVE_WEBHOOK, TEST_WEBHOOK,
} from "./settings-rules-documents.js";
import { mark, nextTry, paged, watch } from "./settings-runs.js";

const TYPES = ["STATE", "ASSIGNMENT", "FIELD_CHANGE", "EVENT", "TASK", "APPOINTMENT", "NOTE", "CHAT",
  "CALL", "EMAIL", "TEXT_MESSAGE", "SUBSCRIPTION", "ACCOUNT", "LIFECYCLE"];

export const webhooksSection = {
  name: "webhooks",
  title: "Webhooks",
  group: "Automation",
  allowed: (permissions) => permissions.includes("ADMINISTER"),
  render,
};

const hostOf = (url) => (URL.canParse(url) ? new URL(url).host : url);

function render(element, { onSignedOut }) {
  const read = shared(async () => (await request(ALL_WEBHOOKS)).webhooks.map((one) =>
    ({ ...one, name: hostOf(one.url) })));
  const secret = secretPlace();
  const list = entries({
    read, onSignedOut, adding: "New webhook", line,
    empty: "No address is told of anything yet.",
    extra: (row, refusal) => powerSwitch(row.name, row.isEnabled, async (isEnabled) => {
      refusal.textContent = "";
      const { id, url, types } = row;
      const told = await done(SAVE_WEBHOOK, { webhookId: id, url, types, isEnabled })
        .then(() => "", (failure) => (failure.isSignedOut ? onSignedOut() : failure.message));
      await list.refresh();
      refusal.textContent = told ?? "";
    }),
    form: (row, saved) => webhookForm({ row, read, saved, onSignedOut, secret }),
  });
  element.append(heading("Webhooks", "Addresses of other programs that are told of changes, signed "
    + "and again until they accept. Private notes and hidden values are never sent."),
  secret.element, list.element);
  return { refresh: list.refresh };
}

const line = ({ name, url, types, isEnabled, disabledReason }) => [
  h("span", { class: "entry-name" }, name, !isEnabled && disabledReason
    && h("span", { class: "mark bad" }, "switched off")),
  h("span", { class: "strip" }, h("span", {}, url.replace(/^https?:\/\/[^/]*/, "") || "/"),
    h("span", {}, types.length ? types.map(words).join(", ") : "All changes")),
  !isEnabled && disabledReason && h("span", { class: "why" }, `${disabledReason} Mend the address, `
    + "send a test, and switch it on again.")];

/** A new secret, until somebody puts it away: it is told once. */
function secretPlace() {
  const element = h("div", { class: "told-once", hidden: true, "data-testid": "signing-secret" });
  const put = () => {
    element.hidden = true;
    element.replaceChildren();
  };
  function tell(secret, host) {
    const copy = h("button", { class: "plain", type: "button", onclick: async () => {
      if (await copied(secret)) copy.textContent = "Copied";
    } }, "Copy");
    element.replaceChildren(h("p", {}, h("b", {}, `The signing secret of ${host}`), ". Shown this "
      + "once: give it to the receiver, which checks each delivery with it."),
    h("div", { class: "beside" }, h("code", {}, secret), copy,
      h("button", { class: "link", type: "button", onclick: put }, "I have it")));
    element.hidden = false;
    element.scrollIntoView({ block: "nearest" });
  }
  return { element, tell };
}

const BLANK = { url: "", types: [] };

function webhookForm({ row, read, saved, onSignedOut, secret }) {
  const url = labelled("Address", h("input", { type: "url", maxlength: "2048", spellcheck: "false",
    placeholder: "https://hooks.example/leadlight" }), "https on port 443 or 8443, of a public host.");
  const types = picker("Kinds of changes", TYPES.map((one) => [one, words(one)]), () => form?.mark());
  const chosen = h("fieldset", { class: "setting" }, h("legend", {}, "Kinds of changes"),
    types.element, h("small", {}, "Nothing chosen: all."));
  const renew = toggle("Give it a new secret", "The former one ends at once.");
  renew.element.hidden = !row;
  let isOn = true;
  let form = null;

  function show(data) {
    url.control.value = data.url;
    types.set(data.types);
    renew.control.checked = false;
    isOn = data.isEnabled ?? true;
    return data.version;
  }

  const given = () => ({ ...(row ? { webhookId: row.id } : {}), url: url.control.value.trim(),
    types: types.value(), isEnabled: isOn, renewSecret: renew.control.checked });
  form = wholeForm({ document: SAVE_WEBHOOK, onSignedOut, show, given,
    placeOf: ([part]) => (part === "url" ? url.place : null),
    load: row ? async () => (await read()).find(({ id }) => id === row.id) : async () => BLANK,
    onSaved: ({ signingSecret, webhook }) => {
      if (signingSecret) secret.tell(signingSecret, hostOf(webhook.url));
      return saved();
    },
    isNew: !row, label: row ? "Save" : "Make the webhook" },
  url.element, chosen, renew.element);
  if (!row) return form;
  const remove = async () => {
    await done(DROP_WEBHOOK, { webhookId: row.id });
    await saved();
  };
  form.element.querySelector(".ends").append(h("span", { class: "rest" },
    sure("Remove the webhook", "What waits is not sent. Remove it?", remove)));
  return { ...form, element: h("div", {}, form.element, deliveriesPart(row.id, onSignedOut)) };
}

function stateOf({ deliveredAt, problem, nextTryAt, attempts }) {
  if (deliveredAt) return ["Accepted", "good"];
  if (nextTryAt) return attempts ? ["Tries again", "busy"] : ["Waiting", "busy"];
  return problem ? ["Failed", "bad"] : ["Waiting", "busy"];
}

function deliveriesPart(webhookId, onSignedOut) {
  const failed = h("input", { type: "checkbox", onchange: () => list.look() });
  const list = paged({ onSignedOut, label: "Deliveries, newest first",
    empty: "Nothing here. What happens from now on is sent; a test shows at once whether it arrives.",
    read: async (after) => (await request(DELIVERIES, { id: webhookId, after,
      failedOnly: failed.checked })).webhook?.deliveries ?? { nodes: [], pageInfo: {} },
    make: (one) => h("li", {}, mark(...stateOf(one)), h("div", { class: "what" },
      h("p", {}, one.isTest ? h("b", {}, "A test") : one.cause?.summary ?? "A change of a lead",
        one.cause && h("span", { class: "soft" }, `by ${one.cause.actor.name}`)),
      h("p", { class: one.problem ? "problem" : "soft" }, one.problem ?? (one.responseCode
        ? `The address answered ${one.responseCode}.` : "It was not tried yet."),
      one.attempts > 1 && ` ${one.attempts} tries.`,
      one.problem && one.nextTryAt && nextTry(one.nextTryAt))),
    h("span", { class: "soft" }, ago(one.createdAt)),
    h("button", { class: "link", type: "button", onclick: () => act(RESEND, { deliveryId: one.id }) },
      "Send again")) });
  const element = h("div", { class: "after-form" }, h("section", {}, h("div", { class: "beside ends" },
    h("h3", {}, "Deliveries"), h("button", { class: "plain", type: "button",
      onclick: () => act(TEST_WEBHOOK, { webhookId }) }, "Send a test"),
    h("label", { class: "beside" }, failed, "failed only")), list.element));

  async function act(document, input) {
    try {
      await done(document, input);
      await list.look();
    } catch (failure) {
      if (failure.isSignedOut) onSignedOut();
      else list.refusal.textContent = failure.message;
    }
  }

  watch(element, list);
  return element;
}
