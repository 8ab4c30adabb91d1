// Pictures of people: their initials until there is one; a click sets another.

import { SET_AVATAR, SET_MY_AVATAR } from "./documents.js";
import { h } from "./elements.js";
import { here, upload } from "./files.js";
import { mutate } from "./graphql.js";

/** The picture of a lead, in its card. */
export function avatarPart(leadId, perform, refusal) {
  const picture = pictureButton("avatar", "Picture file", async (uploadId) => {
    await perform(SET_AVATAR, { leadId, uploadId }, refusal);
  }, (failure) => { refusal.textContent = failure.message; });

  function update({ avatar, displayName, viewerCan }) {
    picture.show(avatar, `Picture of ${displayName}`, viewerCan.edit);
  }

  return { element: picture.element, update };
}

/** Your own picture; `changed(staff)` is told of another one. */
export function myPicture(onSignedOut, changed) {
  const refusal = h("span", { class: "refusal", role: "status" });
  const picture = pictureButton("my-picture", "File of your picture", async (uploadId) => {
    refusal.textContent = "";
    const answer = await mutate(SET_MY_AVATAR, { uploadId });
    if (answer.me) changed(answer.me.staff);
    else refusal.textContent = answer.message;
  }, (failure) => {
    if (failure.isSignedOut) onSignedOut();
    else refusal.textContent = failure.message;
  });

  function show({ avatar, name }) {
    picture.show(avatar, `Your picture, ${name}`, true);
  }

  return { elements: [refusal, picture.element], show };
}

function pictureButton(testid, label, set, onFailure) {
  const picker = h("input", { type: "file", accept: "image/png,image/jpeg,image/webp,image/gif",
    hidden: true, "aria-label": label, onchange: pick });
  const button = h("button", { class: "avatar", type: "button", "data-testid": testid,
    title: "Set the picture", onclick: () => picker.click() });
  let shown = null;

  async function pick() {
    const [file] = picker.files;
    picker.value = "";
    try {
      if (file) await set(await upload(file));
    } catch (failure) {
      onFailure(failure);
    }
  }

  function show(avatar, name, mayChange) {
    button.disabled = !mayChange;
    button.setAttribute("aria-label", name);
    const wanted = avatar.url ?? avatar.initials;
    if (shown === wanted) return;
    shown = wanted;
    button.replaceChildren(avatar.url ? h("img", { src: here(avatar.url), alt: "" }) : avatar.initials);
  }

  return { element: h("div", {}, button, picker), show };
}
