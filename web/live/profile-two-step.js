// Two-step sign-in: a code of an authenticator besides the password.

import { h } from "./elements.js";
import { CONFIRM_TOTP, REMOVE_TOTP, START_TOTP } from "./people-documents.js";
import { fold } from "./fold.js";
import { labelled, wholeForm } from "./settings-form.js";
import { secretPlace } from "./sheet.js";

/** The part of the dialog about one's own account; the secret and the codes are on the page only. */
export function twoStepPart({ ask, onSignedOut }) {
  const part = fold("Two-step sign-in", "my-two-step");
  const stage = h("div", { class: "steps" });
  const codes = secretPlace("recovery-codes");
  let isOn = null;
  part.element.append(h("p", { class: "soft" }, "Signing in then takes a code of an authenticator "
    + "besides the password."), codes.element, stage);

  async function refresh() {
    const me = await ask().catch((failure) => failure.isSignedOut && onSignedOut());
    if (!me || me.isTotpOn === isOn) return;
    isOn = me.isTotpOn;
    part.tell(isOn ? "on" : "off");
    stage.replaceChildren((isOn ? removal() : beginning()).element);
  }

  const password = () => labelled("Present password", h("input", { type: "password",
    autocomplete: "current-password", maxlength: "256" }));

  function asking(document, label, onSaved) {
    const own = password();
    return wholeForm({ document, onSignedOut, label, isNew: true, onSaved, saidOf: () => "",
      load: async () => ({}), show: () => {},
      given: () => ({ currentPassword: own.control.value }),
      placeOf: ([key]) => (key === "currentPassword" ? own.place : null) }, own.element);
  }

  const beginning = () => asking(START_TOTP, "Set it up", ({ otpauthUrl }) =>
    stage.replaceChildren(confirmation(otpauthUrl)));

  const removal = () => asking(REMOVE_TOTP, "Switch it off", () => {
    codes.hide();
    return refresh();
  });

  function confirmation(otpauthUrl) {
    const secret = new URL(otpauthUrl).searchParams.get("secret");
    const code = labelled("Code that it shows now", h("input", { inputmode: "numeric",
      autocomplete: "one-time-code", maxlength: "10" }));
    const form = wholeForm({ document: CONFIRM_TOTP, onSignedOut, label: "Switch it on", isNew: true,
      load: async () => ({}), show: () => {}, saidOf: () => "",
      given: () => ({ totpCode: code.control.value.replaceAll(" ", "") }),
      placeOf: ([key]) => (key === "totpCode" ? code.place : null),
      onSaved: async ({ recoveryCodes }) => {
        codes.show("Each of these stands in for one code, once, if the authenticator is lost. They "
          + "are shown this once: put them away safely.", ...recoveryCodes);
        await refresh();
      } }, h("p", {}, "Add this to your authenticator: ", h("a", { href: otpauthUrl }, "open it here"),
    ", or type the secret."), h("code", { class: "shown", "data-testid": "totp-secret" },
      secret.match(/.{1,4}/g).join(" ")), code.element);
    return form.element;
  }

  return { element: part.element, refresh };
}
