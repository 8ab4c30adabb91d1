// Who sees which leads, who hands them over, and the teams that this goes by.

import { h, words } from "./elements.js";
import { request } from "./graphql.js";
import { ACCESS_SETTINGS, ALL_TEAMS, SAVE_TEAM, UPDATE_PROJECT } from "./settings-documents.js";
import { heading, labelled, toggle, wholeForm } from "./settings-form.js";
import { entries, shared } from "./settings-list.js";

const isAdmin = (permissions) => permissions.includes("ADMINISTER");

export const accessSection = {
  name: "access",
  title: "Who sees what",
  group: "People",
  allowed: isAdmin,
  render: renderAccess,
};

export const teamsSection = {
  name: "teams", title: "Teams", group: "People", allowed: isAdmin, render: renderTeams,
};

const SCOPES = [["ALL", "all leads"], ["TEAM", "those of their teams, and their own"],
  ["OWN", "their own leads"]];

function renderAccess(element, { onSignedOut }) {
  const scope = (label) => labelled(label, h("select", {}, SCOPES.map(([value, word]) =>
    h("option", { value }, word))));
  const manager = scope("Managers see");
  const agent = scope("Agents see");
  const takes = toggle("Agents may take leads of nobody",
    "Everybody then sees the leads that are with nobody.");
  const gives = toggle("Agents may give their own leads to others");
  const takesAway = toggle("Managers may export leads",
    "As files, those that they see; each export is on record.");
  const form = wholeForm({
    document: UPDATE_PROJECT, onSignedOut,
    load: async () => (await request(ACCESS_SETTINGS)).project,
    show: (project) => {
      manager.control.value = project.managerScope;
      agent.control.value = project.agentScope;
      takes.control.checked = project.canAgentsSelfAssign;
      gives.control.checked = project.canAgentsAssign;
      takesAway.control.checked = project.canManagersExport;
    },
    given: () => ({ managerScope: manager.control.value, agentScope: agent.control.value,
      canAgentsSelfAssign: takes.control.checked, canAgentsAssign: gives.control.checked,
      canManagersExport: takesAway.control.checked }),
    placeOf: ([key]) => ({ managerScope: manager, agentScope: agent })[key]?.place,
  }, h("div", { class: "halves" }, manager.element, agent.element), takes.element, gives.element,
  takesAway.element);
  element.append(heading("Who sees what", "Admins see every lead. A change holds at once: cards that "
    + "somebody may no longer see close before their eyes. Who sees the leads of a team hands them "
    + "over within it."), form.element);
  return form;
}

function renderTeams(element, { onSignedOut }) {
  const ask = shared(() => request(ALL_TEAMS));
  const list = entries({
    read: async () => (await ask()).teams, line, onSignedOut, adding: "New team",
    empty: "No teams yet. They matter for who sees the leads of their team.",
    form: (row, saved) => teamForm(row?.id ?? null, ask, saved, onSignedOut),
  });
  element.append(heading("Teams", "A person is in one team at most, and may manage several. Who is in "
    + "a team or manages it sees the leads of its members, where their role sees those of teams."),
  list.element);
  return { refresh: list.refresh };
}

const named = (people) => people.map(({ name }) => name).join(", ") || "nobody";

const line = ({ name, members, managers }) => [h("span", { class: "entry-name" }, name),
  h("span", { class: "strip" }, h("span", {}, `${members.length} ${members.length === 1
    ? "member" : "members"}`), h("span", {}, `managed by ${named(managers)}`))];

function teamForm(teamId, ask, saved, onSignedOut) {
  const name = labelled("Name", h("input", { maxlength: "80" }));
  const body = h("tbody", {});
  const table = h("table", { class: "people" }, h("thead", {}, h("tr", {}, h("th", {}, "Person"),
    h("th", {}, "Member"), h("th", {}, "Manages it"))), body);

  function show({ team, teams, staffMembers }) {
    name.control.value = team?.name ?? "";
    const [members, managers] = [team?.members ?? [], team?.managers ?? []].map((people) =>
      new Set(people.map(({ id }) => id)));
    body.replaceChildren(...staffMembers.nodes
      .filter(({ id, isActive }) => isActive || members.has(id) || managers.has(id))
      .map((person) => {
        const other = teams.find((each) => each.id !== teamId
          && each.members.some(({ id }) => id === person.id));
        const box = (kind, isOn) => h("input", { type: "checkbox", checked: isOn, data: { kind,
          person: person.id }, "aria-label": `${person.name}, ${kind}` });
        return h("tr", {}, h("td", {}, person.name, h("span", { class: "soft" },
          ` ${words(person.role)}${other ? `, in ${other.name}` : ""}${person.isActive ? ""
            : ", has left"}`)),
        h("td", {}, box("member", members.has(person.id))),
        h("td", {}, box("manager", managers.has(person.id))));
      }));
  }

  const chosen = (kind) => [...body.querySelectorAll(`[data-kind="${kind}"]:checked`)]
    .map((one) => one.dataset.person);

  return wholeForm({
    document: SAVE_TEAM, onSignedOut, onSaved: saved, isNew: !teamId,
    label: teamId ? "Save" : "Make the team", versionOf: ({ team }) => team?.version,
    load: async () => {
      const data = await ask();
      return { ...data, team: data.teams.find(({ id }) => id === teamId) };
    },
    show,
    given: () => ({ name: name.control.value, memberIds: chosen("member"),
      managerIds: chosen("manager"), ...(teamId ? { teamId } : {}) }),
    placeOf: ([part]) => (part === "name" ? name.place : null),
  }, name.element, table, h("p", { class: "soft note" }, "Who becomes a member here leaves their "
    + "former team."));
}
