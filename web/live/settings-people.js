// Who is in the team: inviting people, their roles, and letting them go.

import { copied, h, refusalPlace, words } from "./elements.js";
import { mutate, request } from "./graphql.js";
import { ALL_PEOPLE, CHANGE_PERSON, INVITE } from "./settings-documents.js";
import { REMOVE_THEIR_TOTP } from "./people-documents.js";
import { heading, labelled, toggle, wholeForm } from "./settings-form.js";
import { entries, shared } from "./settings-list.js";
import { sureButton } from "./sheet.js";

const ROLES = ["ADMIN", "MANAGER", "AGENT"];

export const peopleSection = {
  name: "people",
  title: "People",
  group: "People",
  allowed: (permissions) => permissions.includes("ADMINISTER"),
  render,
};

function render(element, { perform, here, onSignedOut }) {
  const ask = shared(() => request(ALL_PEOPLE));
  const link = h("div", { class: "sure", hidden: true, "data-testid": "invitation" });
  const refusal = refusalPlace();
  const list = entries({
    read: async () => (await ask()).staffMembers.nodes.map((person) => ({ ...person,
      archivedAt: person.isActive || person.isInvited ? null : "gone" })),
    line: (row) => line(row, here(row)), onSignedOut, adding: "Invite somebody", archived: (count) => `${count} who left`,
    form: (row, saved) => (row ? personForm(row, ask, saved, perform, onSignedOut)
      : inviteForm(ask, onSignedOut, (answer) => {
        showLink(answer.staff.name, answer.invitationUrl);
        return saved();
      })),
    extra: (row) => (row.isInvited ? h("button", { class: "link", type: "button",
      onclick: () => again(row) }, "new link") : ""),
  });

  async function again({ name, emailAddress, role }) {
    refusal.textContent = "";
    try {
      const answer = await mutate(INVITE, { name, emailAddress, role });
      if (answer.invitationUrl) showLink(name, answer.invitationUrl);
      else refusal.textContent = answer.message;
    } catch (failure) {
      if (failure.isSignedOut) onSignedOut();
      else refusal.textContent = failure.message;
    }
  }

  function showLink(name, url) {
    const copy = h("button", { class: "plain", type: "button", onclick: async () => {
      if (await copied(url)) copy.textContent = "Copied";
    } }, "Copy");
    link.replaceChildren(h("p", {}, `The way in for ${name}. It is shown this once, works once, and `
      + "for seven days; no letter is sent, so hand it over yourself."), h("code", {}, url),
    h("div", { class: "beside" }, copy, h("button", { class: "plain", type: "button",
      onclick: () => {
        link.hidden = true;
        link.replaceChildren();
      } }, "Done")));
    link.hidden = false;
    link.scrollIntoView({ block: "nearest" });
  }

  element.append(heading("People", "Who signs in, and as what. Who is let go is signed out everywhere "
    + "at once; what they did keeps their name."), link, refusal, list.element);
  return { refresh: list.refresh };
}

const line = ({ name, role, team, isInvited }, place) => [h("span", { class: "entry-name" }, name,
  isInvited && h("span", { class: "mark" }, "invited")), h("span", { class: "strip" },
  h("span", {}, words(role)), team && h("span", {}, team.name),
  !isInvited && place && h("span", { class: "here", data: { here: place.isHere ? "yes" : "no" } },
    place.words))];

function roleAndTeam() {
  const role = labelled("Role", h("select", {}, ROLES.map((each) =>
    h("option", { value: each }, words(each)))));
  const team = labelled("Team", h("select", {}));
  const show = (teams, chosen) => {
    team.control.replaceChildren(h("option", { value: "" }, "none"), ...teams.map(({ id, name }) =>
      h("option", { value: id }, name)));
    team.control.value = chosen ?? "";
  };
  return { role, team, show, element: h("div", { class: "halves" }, role.element, team.element) };
}

function personForm(row, ask, saved, perform, onSignedOut) {
  const name = labelled("Name", h("input", { maxlength: "100" }));
  const address = labelled("E-mail to sign in with", h("input", { type: "email",
    maxlength: "254" }));
  const parts = roleAndTeam();
  const refusal = refusalPlace();
  const said = h("span", { class: "saved", role: "status" });
  const free = sureButton("Remove two-step sign-in", "The password alone is then enough: sure?",
    async () => {
      said.textContent = "";
      const isDone = await perform(REMOVE_THEIR_TOTP, { staffId: row.id }, refusal);
      if (isDone) said.textContent = "Removed";
    });
  const here = toggle("In the team", row.isInvited ? "Else the invitation is taken back."
    : "Else the person can't sign in, and nothing can be assigned to them.");
  let known = row;
  return wholeForm({
    document: CHANGE_PERSON, onSignedOut, onSaved: saved, duplicateAt: "emailAddress",
    load: async () => {
      const { staffMembers, teams } = await ask();
      return { ...staffMembers.nodes.find(({ id }) => id === row.id), teams };
    },
    show: (person) => {
      known = person;
      name.control.value = person.name;
      address.control.value = person.emailAddress;
      parts.role.control.value = person.role;
      parts.show(person.teams, person.team?.id);
      here.control.checked = person.isActive || person.isInvited;
    },
    // What stays is left out: an invited person is no active one yet.
    given: () => ({ staffId: row.id, name: name.control.value, role: parts.role.control.value,
      ...(known.emailAddress === address.control.value.trim() ? {}
        : { emailAddress: address.control.value.trim() }),
      ...((known.team?.id ?? "") === parts.team.control.value ? {}
        : { teamId: parts.team.control.value || null }),
      ...((known.isActive || known.isInvited) === here.control.checked ? {}
        : { isActive: here.control.checked }) }),
    placeOf: ([key]) => ({ name, emailAddress: address, role: parts.role, teamId: parts.team,
      isActive: here })[key]?.place,
  }, h("div", { class: "halves" }, name.element, address.element), parts.element, here.element,
  row.isActive ? h("div", { class: "beside note" }, free, said) : "", refusal);
}

function inviteForm(ask, onSignedOut, saved) {
  const name = labelled("Name", h("input", { maxlength: "100" }));
  const address = labelled("E-mail to sign in with", h("input", { type: "email",
    maxlength: "254" }));
  const parts = roleAndTeam();
  return wholeForm({
    document: INVITE, onSignedOut, onSaved: saved, isNew: true, label: "Invite",
    duplicateAt: "emailAddress", load: ask,
    check: () => (/^\S+@\S+$/.test(address.control.value.trim()) ? []
      : [{ path: ["emailAddress"], message: "An address, such as ada@team.example." }]),
    show: ({ teams }) => {
      name.control.value = address.control.value = "";
      parts.role.control.value = "AGENT";
      parts.show(teams, null);
    },
    given: () => ({ name: name.control.value, emailAddress: address.control.value.trim(),
      role: parts.role.control.value,
      ...(parts.team.control.value ? { teamId: parts.team.control.value } : {}) }),
    placeOf: ([key]) => ({ name, emailAddress: address, role: parts.role,
      teamId: parts.team })[key]?.place,
  }, h("div", { class: "halves" }, name.element, address.element), parts.element);
}
