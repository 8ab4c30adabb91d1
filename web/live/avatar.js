// The picture of a lead: its initials until it has one; a click sets another.

import { SET_AVATAR } from "./documents.js";
import { h } from "./elements.js";
import { here, upload } from "./files.js";

export function avatarPart(leadId, perform, refusal) {
  const picker = h("input", { type: "file", accept: "image/png,image/jpeg,image/webp,image/gif",
    hidden: true, "aria-label": "Picture file", onchange: pick });
  const button = h("button", { class: "avatar", type: "button", "data-testid": "avatar",
    title: "Set the picture", onclick: () => picker.click() });
  const element = h("div", {}, button, picker);
  let shown = null;

  async function pick() {
    const [file] = picker.files;
    picker.value = "";
    try {
      if (file) await perform(SET_AVATAR, { leadId, uploadId: await upload(file) }, refusal);
    } catch (failure) {
      refusal.textContent = failure.message;
    }
  }

  function update({ avatar, displayName, viewerCan }) {
    button.disabled = !viewerCan.edit;
    button.setAttribute("aria-label", `Picture of ${displayName}`);
    const wanted = avatar.url ?? avatar.initials;
    if (shown === wanted) return;
    shown = wanted;
    button.replaceChildren(avatar.url ? h("img", { src: here(avatar.url), alt: "" }) : avatar.initials);
  }

  return { element, update };
}
